// `npm run fuzz`: runs each target of fuzz/ under libFuzzer. `-- --seconds N` is the time of each
// (60 by default), `-- NAME…` names targets, `-- NAME --input FILE` repeats one input. Inputs that
// break a promise go to target/fuzz/found, those that cover more code to target/fuzz/corpus.
import { execFile } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { parseArgs, promisify } from "node:util";
import { checkTools } from "../harness/setup.mjs";
import { ask, main, root, run, say, step, Stop } from "../harness/steps.mjs";
import { align } from "../harness/table.mjs";

const WORK = `${root}target/fuzz`;
/** The version of cargo-fuzz that is installed into target/. */
const CARGO_FUZZ = "0.13.2";
/** The longest input in bytes. A frame's window and header take far less. */
const LONGEST = 4_096;
/** An input that takes longer, in seconds, is a fault: work that others cause is bounded. */
const SLOWEST = 20;
/** Bytes of a fuzzer's output. A run of an hour prints less. */
const MAX_OUTPUT = 256 << 20;

await main(async () => {
  const { seconds, chosen, input } = options();
  checkTools();
  await step("set up", setUp);
  const targets = await step("seeds", writeSeeds);
  const unknown = chosen.find((name) => !targets.includes(name));
  if (unknown) throw new Stop(`no target is called ${unknown}: ${targets.join(", ")}`);
  const names = chosen.length ? chosen : targets;
  await step("build, some minutes at first", build);
  if (input) return run(program(names[0]), [input], { toStderr: true });
  const rows = await step("fuzz", () => searchAll(names, seconds));
  console.log(align([["target", "executions", "edges", "seconds"], ...rows]).join("\n"));
});

function options() {
  const { values, positionals } = parseArgs({
    options: { seconds: { type: "string", default: "60" }, input: { type: "string" } },
    allowPositionals: true,
  });
  if (!/^[1-9]\d*$/.test(values.seconds)) throw new Stop("--seconds takes a number");
  if (values.input && positionals.length !== 1) throw new Stop("--input needs one target");
  return { seconds: Number(values.seconds), chosen: positionals, input: values.input };
}

async function setUp() {
  mkdirSync(`${WORK}/found`, { recursive: true });
  if (ask(`${WORK}/bin/cargo-fuzz`, ["--version"])?.endsWith(CARGO_FUZZ)) return;
  const install = ["install", "--quiet", "cargo-fuzz", "--version", CARGO_FUZZ, "--root", WORK];
  await run("cargo", install, { toStderr: true });
}

/** Writes the seeds of all targets and returns the targets' names. */
function writeSeeds() {
  const write = ["run", "--quiet", "--package", "fuzz", "--bin", "seeds", "--", `${WORK}/seeds`];
  const names = ask("cargo", write)?.split("\n");
  if (!names) throw new Stop(`no seeds: cargo ${write.join(" ")}`);
  return names;
}

/**
 * Builds all targets. The core has no `unsafe` outside the SIMD engine, which this machine does not
 * run, so there is no sanitizer, and the stable toolchain is enough.
 */
function build() {
  const folders = ["--fuzz-dir", "fuzz/libfuzzer", "--target-dir", `${WORK}/build`];
  const env = { PATH: `${WORK}/bin:${process.env.PATH}` };
  return run("cargo", ["fuzz", "build", ...folders, "--sanitizer", "none"], {
    toStderr: true,
    env,
  });
}

/** Runs one target per processor at a time. Returns the rows of the table. */
async function searchAll(names, seconds) {
  const [rest, rows] = [[...names], new Map()];
  const lane = async () => {
    for (let name = rest.shift(); name; name = rest.shift()) {
      rows.set(name, await search(name, seconds));
      say(`  ${name}: ${rows.get(name).slice(1).join(", ")}`);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, lane));
  return names.map((name) => rows.get(name));
}

/** Runs a target for this time: its name, executions, covered edges, seconds. */
async function search(name, seconds) {
  const corpus = `${WORK}/corpus/${name}`;
  mkdirSync(corpus, { recursive: true });
  const limits = [`-max_total_time=${seconds}`, `-max_len=${LONGEST}`, `-timeout=${SLOWEST}`];
  const found = `-artifact_prefix=${WORK}/found/${name}-`;
  const report = await fuzzer(name, [...limits, found, corpus, `${WORK}/seeds/${name}`]);
  const [, executions, took] = /^Done (\d+) runs in (\d+) second/m.exec(report) ?? [];
  const edges = [...report.matchAll(/ cov: (\d+) /g)].at(-1)?.[1];
  if (!Number(executions) || !Number(edges)) throw new Stop(`${name} was not run:\n${report}`);
  return [name, Number(executions).toLocaleString("en"), edges, took];
}

/** Runs libFuzzer and returns what it printed. */
async function fuzzer(name, args) {
  try {
    const { stderr } = await promisify(execFile)(program(name), args, { maxBuffer: MAX_OUTPUT });
    return stderr;
  } catch ({ stderr, message }) {
    const file = /written to (\S+)/.exec(stderr)?.[1];
    const repeat = file ? `\nnpm run fuzz -- ${name} --input ${file}` : "";
    throw new Stop(`${name}: ${stderr?.slice(-4_000) ?? message}${repeat}`);
  }
}

function program(name) {
  const [, host] = /^host: (.*)$/m.exec(ask("rustc", ["-vV"]) ?? "") ?? [];
  const file = `${WORK}/build/${host}/release/${name}`;
  if (!existsSync(file)) throw new Stop(`${file} was not built`);
  return file;
}
