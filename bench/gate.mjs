// `node bench/gate.mjs`: fails where we have become slower, and not where the machine is busy.
//
// Times are compared with the portable build's, taken in turn in the same process; the best of a
// few processes counts, as noise makes some of them worse and a regression all of them. What the
// native core does is counted in instructions, where valgrind is there to count them. What a new key
// for many devices takes is CPU time, again the best of a few.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ask, isMain, main, root, run, say, step, Stop } from "../scripts/steps.mjs";
import { serve } from "../www/serve.mjs";
import { placesInNode, runNode } from "./frames.mjs";
import { folders, setupOurs, work } from "./setup.mjs";
import { align, digits, frameName } from "./table.mjs";
import { DIRECTIONS, ROWS } from "./web/frames.js";
import { median } from "./web/stats.js";
import { leastWrap } from "./wrap.mjs";

const FLOORS = JSON.parse(readFileSync(new URL("floors.json", import.meta.url), "utf8"));
const PROCESSES = 5;
const PLAN = { rounds: 15, milliseconds: 3_000, batch: 2 };
const WRAP_PROCESSES = 3;
/** A frame's instructions are the difference of two runs, over so many frames. */
const TIMES = [10, 110];
const NATIVE = join(work, "cargo-native");

export async function gate() {
  await setupOurs();
  const failures = [
    ...(await step("ratios", checkRatios)),
    ...(await step("instructions", checkInstructions)),
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

/** One more process; each check keeps its best ratio. */
async function improve(checks, url) {
  const names = [...new Set(checks.map(({ what }) => what))];
  const peers = Object.fromEntries(
    ["ours", "crate", "identity"].map((peer) => [peer, placesInNode(url, peer)]),
  );
  const rows = names.map((what) => rowsOf(checks.filter((check) => check.what === what)));
  const answers = await runNode(names.map((what, at) => ({ what, ...PLAN, rows: rows[at], peers })));
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
  const means = (name) => cells.find((cell) => cell.row === row && cell.peer === name).means[direction];
  const ours = means("ours");
  return median(means(peer).map((us, at) => us / ours[at]));
}

/** Sealing and opening a frame, in instructions of the native core. */
async function checkInstructions() {
  if (!canCount()) return [];
  const cargo = ["build", "--quiet", "--release", "--package=sealframe-bench", "--target-dir", NATIVE];
  // For speed, whatever the wasm is compiled for: what is watched here is the source.
  await run("cargo", cargo, { toStderr: true, env: { CARGO_PROFILE_RELEASE_OPT_LEVEL: "3" } });
  const counts = Object.entries(FLOORS.instructions).map(([frame, most]) => ({
    frame,
    most,
    count: countOf(frame),
  }));
  const lines = counts.map(({ frame, count, most }) => [frame, String(Math.round(count)), String(most)]);
  say(
    align([["instructions a frame", "sealed and opened", "at most"], ...lines])
      .map((line) => `  ${line}`)
      .join("\n"),
  );
  return counts
    .filter(({ count, most }) => !(count <= most))
    .map(({ frame, count }) => `${frame}: ${Math.round(count)} instructions`);
}

/** The counts hold for processors with AES instructions. */
function canCount() {
  const missing = [];
  if (!ask("valgrind", ["--version"])) missing.push("valgrind is not installed");
  const flags = process.platform === "linux" ? readFileSync("/proc/cpuinfo", "utf8") : "";
  if (!/\baes\b/.test(flags) || !/\bpclmulqdq\b/.test(flags))
    missing.push("no x86 with AES instructions");
  if (missing.length > 0) say(`  not counted: ${missing.join(", ")}`);
  return missing.length === 0;
}

function countOf(frame) {
  const [few, many] = TIMES.map((times) => instructions([...frame.split(" "), String(times)]));
  return (many - few) / (TIMES[1] - TIMES[0]);
}

function instructions(args) {
  const program = join(NATIVE, "release/sealframe-bench");
  const flags = ["--tool=callgrind", "--callgrind-out-file=/dev/null", "--log-fd=1"];
  const output = ask("valgrind", [...flags, program, ...args]);
  return Number(/Collected : (\d+)/.exec(output ?? "")?.[1]);
}

/** One new key for 200 devices, by the shipped worker; another process only where that was slow. */
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
  say(told ? `  ${Math.round(best)} ms of CPU, at most ${milliseconds}` : "  not measured: no /proc");
  return told && best > milliseconds ? [`a new key for 200 devices: ${Math.round(best)} ms of CPU`] : [];
}

if (isMain(import.meta.url)) await main(gate);
