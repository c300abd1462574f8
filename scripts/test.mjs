// `npm test`: every check, then the list of those that failed. `npm test -- --only NAME…` runs
// some. `npm run test:long` runs tests that take longer than 20 minutes.
import { readdirSync } from "node:fs";
import { parseArgs } from "node:util";
import { xtask } from "../harness/build.mjs";
import { setupTest } from "../harness/setup.mjs";
import {
  buildGroupSimulator,
  buildSimulator,
  simulate,
  simulateGroups,
} from "../harness/simulator.mjs";
import {
  ask,
  hurryBeside,
  main,
  root,
  run,
  runBeside,
  say,
  seconds,
  step,
  Stop,
  stopBeside,
} from "../harness/steps.mjs";

const SUFFIX = ".test.mjs";
/** `cargo test` only sees that the simulators run. The check `sim` plays them. */
const FEW_CALLS = { SEALFRAME_RUNS: "10" };
/** Simulated calls in `npm run test:long`; `npm test` plays 10,000. */
const MANY_CALLS = 100_000;
/** Simulated calls with MLS groups, in `npm test` and in `npm run test:long`. */
const GROUP_CALLS = { sample: 200, many: 10_000 };
/** Tests that repeat something read this variable, and repeat it more often. */
const LONG = { SEALFRAME_LONG: "1" };
/**
 * Files of tests/browser that take a minute or more. They start first, so that none runs alone at
 * the end.
 */
const LONGEST = ["fail-closed", "flow", "scenario", "loss", "no-alarm", "store", "calls"];
const DENY = { RUSTDOCFLAGS: "--deny=warnings" };
const count = { passed: 0, failed: 0 };
/** The simulators' reports, once `sim` has started them. @type {Promise<any[]> | undefined} */
let simulators;

/** @typedef {{ needs?: string[], work: (before: string) => unknown }} Check */

/** The checks in order: cheap ones that fail often come first. @type {Record<string, Check>} */
const CHECKS = {
  setup: { work: setupTest },
  format: { work: checkFormat },
  lint: { work: () => npx("biome", "lint", "--error-on-warnings") },
  clippy: {
    work: () => cargo("clippy", "--workspace", "--all-targets", "--", "--deny=warnings"),
  },
  rust: {
    work: () => run("cargo", ["test", "--workspace"], { env: FEW_CALLS, onLine: countRust }),
  },
  sim: { work: () => startSimulators(undefined, GROUP_CALLS.sample) },
  docs: {
    work: () =>
      run("cargo", ["doc", "--workspace", "--no-deps", "--document-private-items"], { env: DENY }),
  },
  "clippy-wasm": { work: () => xtask("clippy") },
  build: { work: () => xtask("build") },
  types: { needs: ["build"], work: checkTypes },
  package: { needs: ["build"], work: () => npx("publint", "--strict") },
  "test-core": { needs: ["build"], work: () => xtask("test-core") },
  prove: { needs: ["setup"], work: () => prove("--quick") },
  instructions: { work: () => run("node", ["bench/instructions.mjs"]) },
  node: { needs: ["build"], work: () => nodeTests("tests/node", 2) },
  pack: { needs: ["build"], work: () => nodeTests("tests/pack", 1) },
  browser: { needs: ["setup", "build", "test-core"], work: () => browserTests() },
  "sim-report": { needs: ["sim"], work: reportSimulator },
  clean: { work: checkClean },
};

/** The checks that have more repetitions. @type {Record<string, Check>} */
const LONG_CHECKS = {
  setup: CHECKS.setup,
  build: CHECKS.build,
  "test-core": CHECKS["test-core"],
  prove: { needs: ["setup"], work: () => prove() },
  sim: { work: () => startSimulators(MANY_CALLS, GROUP_CALLS.many) },
  node: { needs: ["build"], work: () => nodeTests("tests/node", 2, { env: LONG }) },
  browser: { needs: ["setup", "build", "test-core"], work: () => browserTests(LONG) },
  soak: { needs: ["setup", "build"], work: () => run("node", ["call/soak.mjs", "--minutes", "3"]) },
  fuzz: { work: () => run("node", ["scripts/fuzz.mjs"]) },
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
  say(`\nChecks that failed (${failures.size}):`);
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

async function checkFormat() {
  await run("cargo", ["fmt", "--all", "--check"]);
  await npx("biome", "format");
}

function cargo(...args) {
  return run("cargo", args);
}

/** The theorems of the cipher engine; `--quick` leaves out those that take seconds. */
function prove(...options) {
  return cargo("run", "--quiet", "--package", "prove", "--", ...options);
}

function npx(program, ...args) {
  return run(`${root}node_modules/.bin/${program}`, args);
}

/** The tests of a folder, at most `together` files at a time, those of `first` first. */
function nodeTests(folder, together, { first = [], env = {} } = {}) {
  const all = readdirSync(`${root}${folder}`)
    .filter((name) => name.endsWith(SUFFIX))
    .sort();
  const files = new Set([...first.map((name) => name + SUFFIX), ...all]);
  const paths = [...files].map((name) => `${folder}/${name}`);
  return run("node", ["harness/node-tests.mjs", `${together}`, ...paths], {
    env,
    onLine: countNode,
  });
}

/** Three files at a time keep two cores busy, because the tests mostly wait. */
function browserTests(env = {}) {
  return nodeTests("tests/browser", 3, { first: LONGEST, env });
}

/** Plays random calls beside the other checks: browsers mostly wait. */
async function startSimulators(calls, groupCalls) {
  await buildSimulator();
  await buildGroupSimulator();
  simulators = playBoth(calls, groupCalls);
  simulators.catch(() => {}); // `sim-report` reports it
}

/** One after the other: each uses all cores. */
async function playBoth(calls, groupCalls) {
  const groups = await simulateGroups(runBeside, groupCalls);
  return [groups, await simulate(runBeside, calls)];
}

/** Fails if a promise broke in a simulated call. */
async function reportSimulator() {
  hurryBeside();
  const [groups, { runs, healedMs }] = await simulators;
  say(`  ${runs} calls, healed in ${healedMs.max} ms at most`);
  say(`  ${groups.calls} calls with MLS groups, healed in ${groups.healedMs} ms at most`);
}

async function checkTypes() {
  for (const folder of ["js/page", "js/worker", "js/node"]) await npx("tsc", "--project", folder);
}

/** Fails if a check changed a tracked file. */
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
