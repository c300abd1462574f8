// The scene on a bad network: datagrams of both directions are lost, on request also repeated and
// late, for as long as the call lasts; then it is mended, and what was hurt has to heal.
import { gap } from "./result.mjs";
import { meet, sleep } from "./scenes.mjs";

/** How long the call is looked at before the first loss and after the last, in milliseconds. */
const STEADY = 1_000;
const HEALING = 4_000;
/** The goal for the first of the pictures that go on coming, after the last loss. */
const GOAL = 2_000;
/** Pictures are back when this many come within a second: the camera makes 25. */
const FLUENT = 10;

/** @param {import("./talk.mjs").Talk} talk @param {import("./call.mjs").CallOptions} options */
export async function lossy(talk, options) {
  const { loss, disorder, network, seconds, say, via } = options;
  await meet(talk, options);
  await sleep(STEADY);
  say(`${loss} % of the datagrams are lost for ${seconds} s${disorder ? ", others come twice or late" : ""}`);
  const since = Date.now();
  network.impair(loss, disorder);
  await sleep(seconds * 1000);
  const datagrams = network.mend();
  const until = Date.now();
  const before = await frames(talk);
  await sleep(HEALING);
  const after = await frames(talk);
  const stalled = Object.keys(before).filter((stream) => !(after[stream] > before[stream]));
  const sides = via === "janus" ? ["answer"] : ["answer", "offer"];
  return (reports) => {
    const recoveredMs = Math.max(...sides.map((side) => recovered(reports[side], until)));
    const lateFrames = sides.flatMap((side) => reports[side]).reduce((count, { census }) => count + census.late, 0);
    const unmet = [
      stalled.length > 0 && `nothing came any more: ${stalled.join(", ")}`,
      recoveredMs > GOAL && `pictures were back after ${recoveredMs} ms`,
    ];
    return {
      loss: { percent: loss, disorder: Boolean(disorder), ...datagrams, lateFrames, recoveredMs, stalled },
      gapMs: Math.max(...sides.map((side) => gap(reports[side], since))),
      unmet: unmet.filter(Boolean),
    };
  };
}

/** How many frames each stream has let pass. */
async function frames(talk) {
  const counted = {};
  for (const role of ["offer", "answer"]) {
    const { streams } = await talk.ask(role, () => globalThis.side.call.stats());
    for (const { direction, kind, frames } of streams) counted[`${role} ${direction} ${kind}`] = frames;
  }
  return counted;
}

/** Milliseconds from `until` to the first picture that enough others follow soon. */
function recovered(reports, until) {
  const later = reports.flatMap(({ times }) => times.video).filter((moment) => moment > until);
  const first = later.find((moment, i) => later[i + FLUENT - 1] - moment <= 1000);
  return first === undefined ? Infinity : first - until;
}
