// The scene on a bad network: datagrams of both directions are lost, on request also repeated and
// late, for as long as the call lasts; then it is mended, and what was hurt has to heal.
import { gap } from "./result.mjs";
import { meet } from "./scenes.mjs";
import { sleep } from "./sleep.js";

/** How long the call is looked at before the first loss, and how long it may take to heal, in milliseconds. */
const STEADY = 1_000;
const HEALING = { least: 3_000, most: 60_000 };
/** The goal for the first of the pictures that go on coming, after the last loss. */
const GOAL = 2_000;
/** So many within a second do: the camera makes 25, but a busy machine shows few. */
const ENOUGH = 5;
/** So many datagrams of each kind are hurt at least. */
const HURT = 5;

/** @param {import("./talk.mjs").Talk} talk @param {import("./call.mjs").CallOptions} options */
export async function lossy(talk, options) {
  const { loss, disorder, network, seconds, say, via } = options;
  await meet(talk, options);
  await sleep(STEADY);
  say(`${loss} % of the datagrams are lost for ${seconds} s${disorder ? ", others come twice or late" : ""}`);
  const since = Date.now();
  network.impair(loss, disorder);
  await sleep(seconds * 1000);
  // A slow machine sends few.
  for (let i = 0; i < 300 && Math.min(...Object.values(network.counts(disorder))) < HURT; i++) await sleep(100);
  const datagrams = network.mend();
  const sides = via === "janus" ? ["answer"] : ["answer", "offer"];
  const healed = await heal(talk, sides);
  await talk.plenty();
  return (reports) => ({
    loss: { percent: loss, disorder: Boolean(disorder), ...datagrams, lateFrames: late(sides.flatMap((side) => reports[side])), ...healed },
    gapMs: Math.max(...sides.map((side) => gap(reports[side], since))),
    unmet: missed(healed),
  });
}

/** Waits for pictures on each side, and sees that every stream goes on. */
async function heal(talk, sides) {
  const until = Date.now();
  const before = await frames(talk);
  let recoveredMs;
  do {
    await sleep(500);
    recoveredMs = await recovered(talk, sides, until);
  } while (Date.now() - until < (recoveredMs === undefined ? HEALING.most : HEALING.least));
  const after = await frames(talk);
  return { recoveredMs, stalled: Object.keys(before).filter((stream) => !(after[stream] > before[stream])) };
}

/** Of the side that takes longer; undefined while one has too few pictures. */
async function recovered(talk, sides, until) {
  const ask = (until, enough) => globalThis.side.pulse.recovered(until, enough);
  const each = await Promise.all(sides.map((side) => talk.ask(side, ask, until, ENOUGH)));
  return each.includes(undefined) ? undefined : Math.max(...each);
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

function late(reports) {
  return reports.reduce((count, { census }) => count + census.late, 0);
}

function missed({ recoveredMs, stalled }) {
  const back = recoveredMs === undefined ? "pictures were not back" : `pictures were back after ${recoveredMs} ms`;
  const unmet = [stalled.length > 0 && `nothing came any more: ${stalled.join(", ")}`, !(recoveredMs <= GOAL) && back];
  return unmet.filter(Boolean);
}
