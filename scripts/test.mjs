// `npm test`: every check, then the list of those that failed.
// `npm test -- --only NAME…` runs some. `npm run test:long` runs what 20 minutes have no room for.
import { readdirSync } from "node:fs";
import { parseArgs } from "node:util";
import { checkInstructions } from "../bench/instructions.mjs";
import { xtask } from "./build.mjs";
import { setupTest } from "./setup.mjs";
import { buildSimulator, simulate } from "./sim.mjs";
import { ask, main, root, run, runBeside, say, seconds, step, Stop, stopBeside } from "./steps.mjs";

const SUFFIX = ".test.mjs";
/** `cargo test` only sees that the simulator runs. The check `sim` plays it. */
const FEW_CALLS = { SEALFRAME_RUNS: "10" };
/** Simulated calls in `npm run test:long`; `npm test` plays 10,000. */
const MANY_CALLS = 100_000;
/** Tests that repeat something read this variable, and repeat it more often. */
const LONG = { SEALFRAME_LONG: "1" };
const DENY = { RUSTDOCFLAGS: "--deny=warnings" };
const count = { passed: 0, failed: 0 };
/** The simulator's report, once `sim` has started it. @type {Promise<any> | undefined} */
let simulator;

/** @typedef {{ needs?: string[], work: (before: string) => unknown }} Check */

/** In this order: first what is cheap and often wrong. @type {Record<string, Check>} */
const CHECKS = {
  setup: { work: setupTest },
  format: { work: () => run("cargo", ["fmt", "--all", "--check"]) },
  clippy: {
    work: () => cargo("clippy", "--workspace", "--all-targets", "--", "--deny=warnings"),
  },
  rust: { work: () => run("cargo", ["test", "--workspace"], { env: FEW_CALLS, onLine: countRust }) },
  sim: { work: () => startSimulator() },
  docs: {
    work: () =>
      run("cargo", ["doc", "--workspace", "--no-deps", "--document-private-items"], { env: DENY }),
  },
  "clippy-wasm": { work: () => xtask("clippy") },
  build: { work: () => xtask("build") },
  types: { needs: ["build"], work: checkTypes },
  package: { needs: ["build"], work: () => npx("publint", "--strict") },
  "test-core": { work: () => xtask("test-core") },
  instructions: { work: checkInstructions },
  node: { needs: ["build"], work: () => nodeTests("tests/node", 2) },
  pack: { needs: ["build"], work: () => nodeTests("tests/pack", 1) },
  browser: { needs: ["setup", "build", "test-core"], work: () => nodeTests("tests/browser", 2) },
  "sim-report": { needs: ["sim"], work: reportSimulator },
  clean: { work: checkClean },
};

/** The same checks with more repetitions, and without those that have none. @type {Record<string, Check>} */
const LONG_CHECKS = {
  setup: CHECKS.setup,
  build: CHECKS.build,
  "test-core": CHECKS["test-core"],
  sim: { work: () => startSimulator(MANY_CALLS) },
  node: { needs: ["build"], work: () => nodeTests("tests/node", 2, LONG) },
  browser: { needs: ["setup", "build", "test-core"], work: () => nodeTests("tests/browser", 2, LONG) },
  "sim-report": CHECKS["sim-report"],
  clean: CHECKS.clean,
};

await main(async () => {
  const start = performance.now();
  const { checks, names, long } = chosen();
  const before = status();
  const failures = new Map();
  try {
    for (const name of names) await check(name, checks[name], before, failures);
  } finally {
    stopBeside();
    report(failures, long);
    say(`\n${count.passed} passed, ${count.failed} failed (${seconds(start)})`);
  }
});

/** Runs one check, unless it needs one that failed. @param {Map<string, string>} failures */
async function check(name, { needs = [], work }, before, failures) {
  const missing = needs.find((need) => failures.has(need));
  if (missing) {
    say(`\n▸ ${name}: not run, because ${missing} failed`);
    return failures.set(name, `not run, because ${missing} failed`);
  }
  const failedBefore = count.failed;
  try {
    await step(name, () => work(before));
  } catch (error) {
    say(error instanceof Stop ? `\n✗ ${error.message}` : error);
    failures.set(name, error instanceof Stop ? error.message.split("\n").at(-1) : String(error));
    if (count.failed === failedBefore) count.failed++;
  }
}

function report(failures, long) {
  if (failures.size === 0) return;
  process.exitCode = 1;
  const command = long ? "npm run test:long --" : "npm test --";
  say(`\n${failures.size} checks failed:`);
  for (const [name, why] of failures) say(`  ${name}: ${why}\n    ${command} --only ${name}`);
}

function chosen() {
  const { values, positionals } = parseArgs({
    options: { only: { type: "boolean" }, long: { type: "boolean" } },
    allowPositionals: true,
  });
  const checks = values.long ? LONG_CHECKS : CHECKS;
  const unknown = positionals.find((name) => !(name in checks));
  if (unknown)
    throw new Stop(`no check is called ${unknown}; there are: ${Object.keys(checks).join(" ")}`);
  const whole = (name) => (name === "sim" ? [name, "sim-report"] : name);
  const names = values.only ? positionals.flatMap(whole) : Object.keys(checks);
  return { checks, names, long: values.long };
}

function cargo(...args) {
  return run("cargo", args);
}

function npx(program, ...args) {
  return run(`${root}node_modules/.bin/${program}`, args);
}

/** The tests of a folder, at most `together` files at a time. */
function nodeTests(folder, together, env = {}) {
  const files = readdirSync(`${root}${folder}`).filter((name) => name.endsWith(SUFFIX));
  const paths = files.sort().map((name) => `${folder}/${name}`);
  const flags = ["--test", `--test-concurrency=${together}`, "--test-reporter=spec"];
  return run("node", [...flags, ...paths], { env, onLine: countNode });
}

/** Plays random calls beside the other checks: browsers mostly wait. */
async function startSimulator(runs = undefined) {
  await buildSimulator();
  simulator = simulate(runBeside, runs);
  simulator.catch(() => {}); // `sim-report` reports it
}

/** A promise that broke in a simulated call fails here. */
async function reportSimulator() {
  const { runs, healedMs } = await simulator;
  say(`  ${runs} calls, healed in ${healedMs.max} ms at most`);
}

async function checkTypes() {
  await npx("tsc", "--project", "tsconfig.json");
  await npx("tsc", "--project", "tsconfig.worker.json");
}

/** Nothing that a check writes may belong to the tracked tree. */
function checkClean(before) {
  if (process.env.CI && status() !== before)
    throw new Stop(`the checks changed the tree:\n${status()}`);
}

function status() {
  return ask("git", ["status", "--porcelain"]) ?? "";
}

function countRust(line) {
  const result = /^test result: .*? (\d+) passed; (\d+) failed/.exec(line);
  if (result) add(result[1], result[2]);
}

function countNode(line) {
  const result = /^\S+ (pass|fail) (\d+)$/u.exec(line);
  if (result) add(result[1] === "pass" ? result[2] : 0, result[1] === "fail" ? result[2] : 0);
}

function add(passed, failed) {
  count.passed += Number(passed);
  count.failed += Number(failed);
}
