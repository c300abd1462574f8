// `node bench/instructions.mjs`: fails if the native core needs more instructions for a frame than
// bench/floors.json allows. Counts by callgrind do not depend on how fast or busy the machine is.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ask, isMain, main, root, run, say, Stop } from "../harness/steps.mjs";
import { align } from "../harness/table.mjs";

const FLOORS = JSON.parse(readFileSync(new URL("floors.json", import.meta.url), "utf8"));
/** Two runs have these numbers of frames. Their difference gives the instructions of one frame. */
const TIMES = [10, 110];
const NATIVE = join(root, "target/bench/cargo-native");

/** What is counted: instructions of the native core for sealing and opening a frame. */
export async function checkInstructions() {
  const missing = lacks();
  if (missing.length > 0) return say(`  skipped: ${missing.join(", ")}`);
  const cargo = [
    "build",
    "--quiet",
    "--release",
    "--package=sealframe-bench",
    "--target-dir",
    NATIVE,
  ];
  // Compiled for speed, because this check watches the source and not the size of the wasm.
  await run("cargo", cargo, { toStderr: true, env: { CARGO_PROFILE_RELEASE_OPT_LEVEL: "3" } });
  const counts = Object.entries(FLOORS.instructions).map(([frame, most]) => ({
    frame,
    most,
    count: countOf(frame),
  }));
  const lines = counts.map(({ frame, count, most }) => [
    frame,
    String(Math.round(count)),
    String(most),
  ]);
  const table = align([["instructions a frame", "sealed and opened", "at most"], ...lines]);
  say(table.map((line) => `  ${line}`).join("\n"));
  const over = counts.filter(({ count, most }) => !(count <= most)).map(({ frame }) => frame);
  if (over.length > 0)
    throw new Stop(`more instructions than bench/floors.json allows: ${over.join(", ")}`);
}

/** The counts hold for processors with AES instructions only. */
function lacks() {
  const flags = process.platform === "linux" ? readFileSync("/proc/cpuinfo", "utf8") : "";
  const hasAes = /\baes\b/.test(flags) && /\bpclmulqdq\b/.test(flags);
  return [
    ...(ask("valgrind", ["--version"]) ? [] : ["valgrind is not installed"]),
    ...(hasAes ? [] : ["this is no x86 processor with AES instructions"]),
  ];
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

if (isMain(import.meta.url)) await main(checkInstructions);
