// `npm run sim`: plays 10,000 random calls and measures rotations. `--runs N` plays another number,
// `--seed N` plays one call and prints its story, `--json` prints the report as JSON. `--mls` does
// the same with MLS groups, without rotations.
import { parseArgs } from "node:util";
import { rotationTable } from "../harness/rotation-chart.mjs";
import {
  buildGroupSimulator,
  buildSimulator,
  replay,
  replayGroup,
  simulate,
  simulateGroups,
} from "../harness/simulator.mjs";
import { main, run, say, step, Stop } from "../harness/steps.mjs";

await main(async () => {
  const { runs, seed, json, mls } = options();
  if (seed !== undefined) return mls ? replayGroup(seed) : replay(seed);
  if (mls) return playGroups(runs);
  await buildSimulator();
  const report = await step("calls", () => simulate(run, runs));
  console.log(json ? JSON.stringify(report, undefined, 2) : tables(report));
  say("\nThe chart is target/sim/rotation.svg");
});

function options() {
  const { values } = parseArgs({
    options: {
      runs: { type: "string" },
      seed: { type: "string" },
      json: { type: "boolean" },
      mls: { type: "boolean" },
    },
  });
  const number = (name) => {
    const value = values[name];
    if (value !== undefined && !/^\d+$/.test(value)) throw new Stop(`--${name} takes a number`);
    return value === undefined ? undefined : Number(value);
  };
  return { ...values, runs: number("runs"), seed: number("seed") };
}

async function playGroups(runs) {
  await buildGroupSimulator();
  const report = await step("calls", () => simulateGroups(run, runs));
  console.log(JSON.stringify(report, undefined, 2));
}

function tables(report) {
  const { healedMs: healed, faults } = report;
  const lines = [
    ["runs", inEnglish(report.runs)],
    ["members", `${report.fewest} to ${report.most}: ${sizes(report.members).join(", ")}`],
    ...Object.entries(faults).map(([fault, count]) => [fault, inEnglish(count)]),
    [
      "messages",
      `${inEnglish(report.messages)}, of these ${inEnglish(report.envelopes)} envelopes`,
    ],
    ["frames sealed", inEnglish(report.frames)],
    ["violations", inEnglish(report.violations)],
    ["healed in", `p50 ${healed.p50} ms, p99 ${healed.p99} ms, max ${healed.max} ms`],
  ];
  const named = lines.map(([name, value]) => `${name.padEnd(30)}${value}`);
  return ["", ...named, "", rotationTable(report.rotations)].join("\n");
}

/** How many calls had how many members, the small calls first. */
function sizes(members) {
  return Object.entries(members)
    .sort(([a], [b]) => Number.parseInt(a, 10) - Number.parseInt(b, 10))
    .map(([size, runs]) => `${inEnglish(runs)} calls of ${size}`);
}

function inEnglish(count) {
  return count.toLocaleString("en");
}
