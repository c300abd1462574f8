// `npm test`: every check there is, in order, up to the first failure.
// `npm test -- --only NAME…` runs some.
import { readdirSync, readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { xtask } from "./build.mjs";
import { setupTest } from "./setup.mjs";
import { buildSimulator, simulate } from "./sim.mjs";
import { ask, main, root, run, runBeside, say, seconds, step, Stop, stopBeside } from "./steps.mjs";

const JS_LINES = 1_800;
const SUFFIX = ".test.mjs";
/** These measure time, which on two cores they can only do alone. */
const TIMED = new Set(["janus", "loss", "recovery", "scenario", "watchdog"]);
/** `cargo test` only sees that the simulator runs; the check of that name plays it. */
const FEW_CALLS = { SEALFRAME_RUNS: "10" };
const DENY = { RUSTDOCFLAGS: "--deny=warnings" };
const count = { passed: 0, failed: 0 };
/** What the simulator found, once it is started. @type {Promise<any> | undefined} */
let simulator;
/** Until what `gate` compares with is built, if that was begun. @type {Promise<void> | undefined} */
let portable;

/** In this order: what is cheap and often wrong comes first. */
const CHECKS = {
  setup: setupTest,
  format: () => run("cargo", ["fmt", "--all", "--check"]),
  lines: checkLines,
  clippy: () => cargo("clippy", "--workspace", "--all-targets", "--", "--deny=warnings"),
  rust: () => run("cargo", ["test", "--workspace"], { env: FEW_CALLS, onLine: countRust }),
  sim: startSimulator,
  docs: () =>
    run("cargo", ["doc", "--workspace", "--no-deps", "--document-private-items"], { env: DENY }),
  "clippy-wasm": () => xtask("clippy"),
  build: () => xtask("build"),
  types: checkTypes,
  package: () => npx("publint", "--strict"),
  "test-core": () => xtask("test-core"),
  portable: startPortable,
  node: () => nodeTests("tests/node", 2),
  pack: () => nodeTests("tests/pack", 1),
  browser: () => nodeTests("tests/browser", 2, (name) => !TIMED.has(name)),
  "sim-report": reportSimulator,
  gate: checkGate,
  "browser-timed": () => nodeTests("tests/browser", 1, (name) => TIMED.has(name)),
  clean: checkClean,
};

await main(async () => {
  const start = performance.now();
  const before = status();
  try {
    for (const name of chosen()) await step(name, () => CHECKS[name](before));
  } finally {
    stopBeside();
    say(`\n${count.passed} passed, ${count.failed} failed (${seconds(start)})`);
  }
});

function chosen() {
  const { values, positionals } = parseArgs({
    options: { only: { type: "boolean" } },
    allowPositionals: true,
  });
  const unknown = positionals.find((name) => !(name in CHECKS));
  if (unknown)
    throw new Stop(`no check is called ${unknown}; there are: ${Object.keys(CHECKS).join(" ")}`);
  const whole = (name) => (name === "sim" ? [name, "sim-report"] : name);
  return values.only ? positionals.flatMap(whole) : Object.keys(CHECKS);
}

function cargo(...args) {
  return run("cargo", args);
}

function npx(program, ...args) {
  return run(`${root}node_modules/.bin/${program}`, args);
}

/** The tests of a folder, so many files at a time. */
function nodeTests(folder, together, wanted = (_name) => true) {
  const files = readdirSync(`${root}${folder}`).filter((name) => name.endsWith(SUFFIX));
  const names = files.filter((name) => wanted(name.slice(0, -SUFFIX.length))).sort();
  const paths = names.map((name) => `${folder}/${name}`);
  const flags = ["--test", `--test-concurrency=${together}`, "--test-reporter=spec"];
  return run("node", [...flags, ...paths], { onLine: countNode });
}

/** Ten thousand calls by chance, beside all checks that measure no time: browsers mostly wait. */
async function startSimulator() {
  await buildSimulator();
  simulator = simulate(runBeside);
  simulator.catch(() => {}); // said by `sim-report`
}

/** A promise that broke in one of them stops it here. */
async function reportSimulator() {
  const { runs, healedMs } = await simulator;
  say(`  ${runs} calls, healed in ${healedMs.max} ms at the most`);
}

/** What the gate compares with is built beside them too. */
function startPortable() {
  portable = xtask("bench", runBeside).catch(() => {}); // the gate builds it again, and says why not
}

async function checkGate() {
  await portable;
  await run("node", ["bench/gate.mjs"], { toStderr: true });
}

async function checkTypes() {
  await npx("tsc", "--project", "tsconfig.json");
  await npx("tsc", "--project", "tsconfig.worker.json");
}

/** The shim stays small enough to be read in one sitting. Types are JSDoc, so comments are free. */
function checkLines() {
  const files = readdirSync(`${root}js`).filter((name) => name.endsWith(".js"));
  const lines = files.flatMap((name) => readFileSync(`${root}js/${name}`, "utf8").split("\n"));
  const code = lines.filter((line) => !/^\s*(\/[/*].*|\*.*)?$/.test(line)).length;
  say(`  js/: ${code} lines of code (${JS_LINES} allowed), ${lines.length} with comments`);
  if (code > JS_LINES) throw new Stop(`js/ has more than ${JS_LINES} lines of code`);
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
