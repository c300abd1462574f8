// `npm run bench -- --gate`: fails if our code has become slower than bench/floors.json allows.
//
// Times are compared with those of the portable build in the same process. The best of a few
// processes counts, because noise makes some of them slower and a regression makes all of them
// slower. The floors hold for one processor (bench/README.md), so `npm test` does not run this. The
// cost of a new key for many devices is CPU time, also the best of a few processes.
import { readFileSync } from "node:fs";
import { say, step, Stop } from "../harness/steps.mjs";
import { serve } from "../harness/serve.mjs";
import { align, digits } from "../harness/table.mjs";
import { placesInNode, runNode } from "./frames.mjs";
import { folders, setupOurs } from "./setup.mjs";
import { frameName } from "./frame-table.mjs";
import { DIRECTIONS, ROWS } from "./web/frames.js";
import { median } from "./web/stats.js";
import { leastWrap } from "./wrap.mjs";

const FLOORS = JSON.parse(readFileSync(new URL("floors.json", import.meta.url), "utf8"));
const PROCESSES = 5;
const PLAN = { rounds: 15, milliseconds: 3_000, batch: 2 };
const WRAP_PROCESSES = 3;

export async function gate() {
  await setupOurs();
  const failures = [
    ...(await step("ratios", checkRatios)),
    ...(await step("a key for many", checkWrap)),
  ];
  if (failures.length > 0)
    throw new Stop(`slower than bench/floors.json allows:\n  ${failures.join("\n  ")}`);
}

async function checkRatios() {
  const server = await serve({ roots: folders() });
  const checks = FLOORS.ratios.flatMap((floor) =>
    DIRECTIONS.map((direction) => ({ ...floor, direction, best: 0 })),
  );
  try {
    for (let count = 0; count < PROCESSES && checks.some(isLow); count++)
      await improve(checks, server.url);
  } finally {
    await server.close();
  }
  const lines = checks.map((check) => [
    nameOf(check),
    digits(check.best),
    digits(check[check.direction]),
  ]);
  say(
    align([["times as slow as ours", "best", "floor"], ...lines])
      .map((line) => `  ${line}`)
      .join("\n"),
  );
  return checks.filter(isLow).map((check) => `${nameOf(check)}: x${digits(check.best)}`);
}

function isLow({ best, direction, ...floors }) {
  return best < floors[direction];
}

function nameOf({ what, direction, peer, ...frame }) {
  return `${what} ${direction} ${frameName(frame)}, ${peer}`;
}

/** Measures in one more process. Each check keeps its best ratio. */
async function improve(checks, url) {
  const names = [...new Set(checks.map(({ what }) => what))];
  const peers = Object.fromEntries(
    ["ours", "crate", "identity"].map((peer) => [peer, placesInNode(url, peer)]),
  );
  const rows = names.map((what) => rowsOf(checks.filter((check) => check.what === what)));
  const answers = await runNode(
    names.map((what, at) => ({ what, ...PLAN, rows: rows[at], peers })),
  );
  for (const check of checks) {
    check.best = Math.max(check.best, ratio(answers[names.indexOf(check.what)], check));
  }
}

function rowsOf(checks) {
  const wanted = ({ codec, bytes }) =>
    checks.some((check) => check.codec === codec && check.bytes === bytes);
  return [...ROWS.keys()].filter((row) => wanted(ROWS[row]));
}

function ratio(cells, { codec, bytes, direction, peer }) {
  const row = ROWS.findIndex((frame) => frame.codec === codec && frame.bytes === bytes);
  const means = (name) =>
    cells.find((cell) => cell.row === row && cell.peer === name).means[direction];
  const ours = means("ours");
  return median(means(peer).map((us, at) => us / ours[at]));
}

/**
 * Measures a new key for 200 devices in the shipped worker. Another process runs only if that was
 * slow.
 */
async function checkWrap() {
  const { kem, milliseconds } = FLOORS.wrap;
  const server = await serve({ roots: folders() });
  const times = [];
  try {
    while (times.length < WRAP_PROCESSES && !times.some((time) => time <= milliseconds))
      times.push(await leastWrap({ url: server.url, kem }));
  } finally {
    await server.close();
  }
  const best = Math.min(...times.filter((time) => time !== undefined));
  const told = Number.isFinite(best);
  say(
    told ? `  ${Math.round(best)} ms of CPU, at most ${milliseconds}` : "  not measured: no /proc",
  );
  return told && best > milliseconds
    ? [`a new key for 200 devices: ${Math.round(best)} ms of CPU`]
    : [];
}
