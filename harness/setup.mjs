// Installs what a fresh machine lacks, step by step. It is quick if nothing is missing. It imports
// Node's own modules only, because it runs before `npm ci`.
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findProgram, PROGRAMS } from "./find-program.mjs";
import { ask, isMain, main, root, run, say, step, Stop } from "./steps.mjs";

const TARGET = "wasm32-unknown-unknown";
/** The oldest version of Node that works. */
const NODE = 20;

/** Services that Debian would start with a package. Tests start their own, on free ports. */
const SERVICES = {
  coturn: ["coturn.service"],
  janus: ["janus.service"],
  "rabbitmq-server": ["rabbitmq-server.service", "epmd.socket", "epmd.service"],
};

/** Debian asks this program, if it exists, whether a package may start its service. */
const POLICY = "/usr/sbin/policy-rc.d";

/** Provides what a build needs: Rust, its wasm target, the packages of package-lock.json. */
export async function setupBuild() {
  checkTools();
  if (!hasTarget()) await step(`rustup target add ${TARGET}`, addTarget);
  if (!isInstalled(join(root, "package-lock.json"), root))
    await step("npm ci, and meanwhile cargo build", () =>
      Promise.all([installPackages(), compileBuild()]),
    );
}

/** Provides what tests need as well: two browsers, an SFU, a message broker, network tools. */
export async function setupTest() {
  await setupBuild();
  const often = Object.keys(PROGRAMS).filter((program) => !PROGRAMS[program].isRare);
  const missing = often.filter((program) => !findProgram(program));
  if (missing.length > 0) await install(missing.map((program) => PROGRAMS[program].debian));
}

/** Provides one of the programs in find-program.mjs. @param {string} program */
export async function setupProgram(program) {
  if (!findProgram(program)) await install([PROGRAMS[program].debian]);
}

/** Checks for Rust and Node, which nothing here installs. */
export function checkTools() {
  if (Number(process.versions.node.split(".")[0]) < NODE) {
    throw new Stop(`Node ${NODE} or newer is needed; this is ${process.version}.`);
  }
  const version = ask("cargo", ["--version"]);
  if (!version)
    throw new Stop("Rust is missing. Install it from https://rustup.rs, then run this again.");
  say(`  ${version}, node ${process.version}`);
}

function hasTarget() {
  const folder = ask("rustc", ["--print", "target-libdir", "--target", TARGET]);
  return folder !== undefined && existsSync(folder);
}

async function addTarget() {
  if (!ask("rustup", ["--version"])) {
    throw new Stop(
      `Rust's ${TARGET} target is missing. Debian: apt install libstd-rust-dev-wasm32`,
    );
  }
  await run("rustup", ["target", "add", TARGET], { toStderr: true });
}

function installPackages() {
  return run("npm", ["ci", "--include=dev"], { toStderr: true });
}

/** Compiles the build program. npm mostly waits for the network, cargo for the processor. */
function compileBuild() {
  return run("cargo", ["build", "--quiet", "--package", "xtask"], { toStderr: true });
}

/** Whether `folder` has the versions of a lock file. */
export function isInstalled(lock, folder) {
  const wanted = packages(lock);
  const present = packages(join(folder, "node_modules/.package-lock.json"));
  const names = Object.keys(wanted).filter((name) => name !== "" && !wanted[name].optional);
  return names.every((name) => present[name]?.version === wanted[name].version);
}

/** The packages of a lock file, by path; an absent file has no packages. */
export function packages(path) {
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")).packages : {};
}

async function install(names) {
  const isRoot = process.getuid?.() === 0;
  const command = `apt-get install --no-install-recommends ${names.join(" ")}`;
  if (!isRoot || !ask("apt-get", ["--version"])) {
    throw new Stop(`The tests need ${names.join(", ")}. On Debian: sudo ${command}`);
  }
  const options = { toStderr: true, env: { DEBIAN_FRONTEND: "noninteractive" } };
  await step("apt-get update", () => run("apt-get", ["-q", "update"], options));
  await step(command, () =>
    withoutServices(names, () => run("apt-get", ["-qy", ...command.split(" ").slice(1)], options)),
  );
}

/** Installs packages so that their services run neither now nor after the next boot. */
async function withoutServices(names, work) {
  const ours = !existsSync(POLICY);
  if (ours) writeFileSync(POLICY, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  try {
    await work();
  } finally {
    if (ours) rmSync(POLICY);
  }
  for (const service of names.flatMap((name) => SERVICES[name] ?? []))
    ask("systemctl", ["disable", "--now", service]);
}

if (isMain(import.meta.url)) await main(setupTest);
