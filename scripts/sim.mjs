// `npm run sim`: plays ten thousand calls by chance, and measures rotations.
// `--runs N` for another number, `--seed N` for one call with its story told, `--json` for machines.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { checkTools } from "./setup.mjs";
import { rotationChart, rotationTable } from "./simchart.mjs";
import { isMain, main, root, run, say, step, Stop } from "./steps.mjs";

const FOLDER = `${root}target/sim`;
const CHART = `${FOLDER}/rotation.svg`;
const TEST = ["test", "--profile", "sim", "--test", "simulator"];
/** Of each number of members, with and without loss. */
const ROTATIONS = 200;

export async function buildSimulator() {
  checkTools();
  mkdirSync(FOLDER, { recursive: true });
  await step("cargo build", () => run("cargo", [...TEST, "--no-run"], { toStderr: true }));
}

/** Plays so many calls; a broken promise is an error, with its story and its seed. `by` is `run` or `runBeside`. */
export async function simulate(by, runs = 10_000) {
  const calls = await play(by, "calls", { SEALFRAME_RUNS: runs });
  const rotations = await play(by, "rotations", { SEALFRAME_ROTATIONS: ROTATIONS });
  writeFileSync(CHART, rotationChart(rotations));
  return { ...calls, rotations };
}

/** One run of a test of the simulator, and what it reports. */
async function play(by, name, settings) {
  const texts = Object.entries(settings).map(([key, value]) => [key, String(value)]);
  const env = { SEALFRAME_REPORT: FOLDER, ...Object.fromEntries(texts) };
  const args = [...TEST, "--quiet", "--", "--nocapture", name];
  await by("cargo", args, { toStderr: true, env });
  return JSON.parse(readFileSync(`${FOLDER}/${name}.json`, "utf8"));
}

function tables(report) {
  const of = (count) => count.toLocaleString("en");
  const { members, healedMs: healed, faults } = report;
  const sizes = Object.entries(members).map(([size, runs]) => `${of(runs)} calls of ${size}`);
  sizes.sort((a, b) => parseInt(a.split(" of ")[1]) - parseInt(b.split(" of ")[1]));
  return [
    "",
    ...named([
      ["runs", of(report.runs)],
      ["members", `${report.fewest} to ${report.most}: ${sizes.join(", ")}`],
      ...Object.entries(faults).map(([fault, count]) => [fault, of(count)]),
      ["messages", `${of(report.messages)}, of these ${of(report.envelopes)} envelopes`],
      ["frames sealed", of(report.frames)],
      ["violations", of(report.violations)],
      ["healed in", `p50 ${healed.p50} ms, p99 ${healed.p99} ms, max ${healed.max} ms`],
    ]),
    "",
    rotationTable(report.rotations),
  ].join("\n");
}

function named(lines) {
  return lines.map(([name, value]) => `${name.padEnd(30)}${value}`);
}

function options() {
  const { values } = parseArgs({
    options: { runs: { type: "string" }, seed: { type: "string" }, json: { type: "boolean" } },
  });
  const number = (name) => {
    const value = values[name];
    if (value !== undefined && !/^\d+$/.test(value)) throw new Stop(`--${name} takes a number`);
    return value === undefined ? undefined : Number(value);
  };
  return { runs: number("runs"), seed: number("seed"), json: values.json };
}

if (isMain(import.meta.url))
  await main(async () => {
    const { runs, seed, json } = options();
    if (seed !== undefined) {
      checkTools();
      return run("cargo", [...TEST, "--quiet", "--", "--nocapture", "calls"], {
        env: { SEALFRAME_SEED: String(seed) },
      });
    }
    await buildSimulator();
    const report = await step("calls", () => simulate(run, runs));
    console.log(json ? JSON.stringify(report, undefined, 2) : tables(report));
    say(`\nThe chart is target/sim/rotation.svg`);
  });
