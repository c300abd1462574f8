// `npm run soak -- --minutes N`: a call of four for as long as that, in Chromium and Firefox. Each
// minute a key is replaced, a member leaves and returns, datagrams are lost, and every third minute
// a tab is killed. It fails if memory keeps growing, if a counter repeats, or if a frame is refused
// without a known cause. `--json` prints one line on stdout.
import { mkdirSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { build } from "../harness/build.mjs";
import { isAllowed, isPrivate, runPrivately } from "../harness/network.mjs";
import { setupTest } from "../harness/setup.mjs";
import { root, say, Stop } from "../harness/steps.mjs";
import { command, within } from "./command.mjs";

/** Seconds that starting takes, and by which a minute may be longer on a busy machine. */
const SPARE = { start: 300, minute: 240 };
const FOLDER = "target/soak";

await command(() => main(parse()));

function parse() {
  const { values } = parseArgs({
    options: {
      minutes: { type: "string", default: "10" },
      group: { type: "string" },
      json: { type: "boolean" },
    },
  });
  const minutes = Number(values.minutes);
  if (!(Number.isInteger(minutes) && minutes >= 1 && minutes <= 1440))
    throw new Stop("--minutes takes a number from 1 to 1440");
  if (![undefined, "mls"].includes(values.group)) throw new Stop("--group takes mls");
  return { ...values, minutes };
}

async function main(options) {
  if (!isPrivate()) {
    await setupTest();
    await build();
    if (isAllowed()) return void (process.exitCode = await runPrivately());
    say("no datagrams are lost: that takes root and a network namespace");
  }
  // Imported late: in a fresh clone `setupTest` has just installed the packages that they import.
  const { soak } = await import("./soak/soak.mjs");
  const { memoryChart } = await import("./soak/chart.mjs");
  const limit = SPARE.start + options.minutes * SPARE.minute;
  const { unmet, ...result } = await within(limit, () => soak(options));
  mkdirSync(root + FOLDER, { recursive: true });
  writeFileSync(`${root}${FOLDER}/memory.svg`, memoryChart(result.memory));
  for (const goal of unmet) say(`goal not met: ${goal}`);
  process.stdout.write(`${JSON.stringify(result, undefined, options.json ? 0 : 2)}\n`);
  say(`The chart is ${FOLDER}/memory.svg`);
  process.exitCode = unmet.length === 0 ? 0 : 1;
}
