// Builds and runs the simulators (tests/simulator, crates/mls/tests/simulator), and collects their reports.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { rotationChart } from "./rotation-chart.mjs";
import { checkTools } from "./setup.mjs";
import { root, run, step } from "./steps.mjs";

const FOLDER = `${root}target/sim`;
const CHART = `${FOLDER}/rotation.svg`;
const TEST = ["test", "--profile", "sim", "--test", "simulator"];
const CALLS = [...TEST, "--quiet", "--", "--nocapture", "calls"];
/** The same build as in `cargo test`: MLS takes minutes to compile. */
const GROUPS = ["test", "--package", "sealframe-mls", "--test", "simulator"];
const GROUP_CALLS = [...GROUPS, "--quiet", "--", "--nocapture", "random_calls"];
/** Rotations measured for each number of members, with and without loss. */
const ROTATIONS = 200;

export async function buildSimulator() {
  checkTools();
  mkdirSync(FOLDER, { recursive: true });
  await step("cargo build", () => run("cargo", [...TEST, "--no-run"], { toStderr: true }));
}

/**
 * Plays `runs` random calls. A broken promise is an error with the story and the seed of its call.
 * `by` is `run` or `runBeside`.
 */
export async function simulate(by, runs = 10_000) {
  const calls = await play(by, "calls", { SEALFRAME_RUNS: runs });
  const rotations = await play(by, "rotations", { SEALFRAME_ROTATIONS: ROTATIONS });
  writeFileSync(CHART, rotationChart(rotations));
  return { ...calls, rotations };
}

export async function buildGroupSimulator() {
  checkTools();
  mkdirSync(FOLDER, { recursive: true });
  await step("cargo build", () => run("cargo", [...GROUPS, "--no-run"], { toStderr: true }));
}

/** As `simulate`, for calls with MLS groups. */
export function simulateGroups(by, runs = 10_000) {
  return play(by, "groups", { SEALFRAME_RUNS: runs }, GROUP_CALLS);
}

/** As `replay`, for a call with an MLS group. */
export function replayGroup(seed) {
  checkTools();
  return run("cargo", GROUP_CALLS, { env: { SEALFRAME_SEED: String(seed) } });
}

/** Plays the call of one seed and prints its story. */
export function replay(seed) {
  checkTools();
  return run("cargo", CALLS, { env: { SEALFRAME_SEED: String(seed) } });
}

/** Runs one test of the simulator and returns its report. */
async function play(by, name, settings, args = [...TEST, "--quiet", "--", "--nocapture", name]) {
  const texts = Object.entries(settings).map(([key, value]) => [key, String(value)]);
  const env = { SEALFRAME_REPORT: FOLDER, ...Object.fromEntries(texts) };
  await by("cargo", args, { toStderr: true, env });
  return JSON.parse(readFileSync(`${FOLDER}/${name}.json`, "utf8"));
}
