// Everything a fresh machine lacks, step by step; quick where nothing is to do. Node built-ins only:
// this runs before `npm ci`.
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { ask, isMain, main, root, run, say, step, Stop } from "./steps.mjs";

const TARGET = "wasm32-unknown-unknown";
const NODE = 20;

/** Programs that only tests need. A variable of the name in `env` points to another place. */
const PROGRAMS = [
  { env: "CHROMIUM", names: ["chromium", "chromium-browser", "google-chrome"], debian: "chromium" },
  { env: "FIREFOX", names: ["firefox-esr", "firefox"], debian: "firefox-esr" },
  { env: "JANUS", names: ["janus"], debian: "janus" },
  { env: "NFT", names: ["nft"], debian: "nftables" },
  { env: "TC", names: ["tc"], debian: "iproute2" },
  // In PATH is a wrapper of the same name, where /usr/sbin is in PATH.
  { env: "RABBITMQ", names: ["rabbitmq-server"], folder: "/usr/lib/rabbitmq/bin", debian: "rabbitmq-server" },
];

/** Services of these packages that Debian would start. The tests start their own, on ports of their own. */
const SERVICES = { janus: ["janus.service"], "rabbitmq-server": ["rabbitmq-server.service", "epmd.socket", "epmd.service"] };

/** Debian's answer to "may this package start its service?", if it exists. */
const POLICY = "/usr/sbin/policy-rc.d";

/** What a build needs: Rust, its wasm target, the packages of package-lock.json. */
export async function setupBuild() {
  checkTools();
  if (!hasTarget()) await step(`rustup target add ${TARGET}`, addTarget);
  if (!isInstalled(join(root, "package-lock.json"), root))
    await step("npm ci", () => run("npm", ["ci", "--include=dev"], { toStderr: true }));
}

/** What the tests need beyond that: two browsers, an SFU and a message broker. */
export async function setupTest() {
  await setupBuild();
  const missing = PROGRAMS.filter((program) => !findProgram(program));
  if (missing.length > 0) await install(missing.map((program) => program.debian));
}

/** Rust and Node; nothing installs these. */
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

/** Compares what is in `folder` with a lock file, whoever installed it. */
export function isInstalled(lock, folder) {
  const wanted = packages(lock);
  const present = packages(join(folder, "node_modules/.package-lock.json"));
  const names = Object.keys(wanted).filter((name) => name !== "" && !wanted[name].optional);
  return names.every((name) => present[name]?.version === wanted[name].version);
}

/** What a lock file lists, by path. */
export function packages(path) {
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")).packages : {};
}

function findProgram({ env, names, folder }) {
  // Network tools are not on every user's path.
  const folders = folder ? [folder] : [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin"];
  const paths = folders.flatMap((folder) => names.map((name) => join(folder, name)));
  return [process.env[env], ...paths].find((path) => path && existsSync(path));
}

async function install(names) {
  const root = process.getuid?.() === 0;
  const command = `apt-get install --no-install-recommends ${names.join(" ")}`;
  if (!root || !ask("apt-get", ["--version"])) {
    throw new Stop(`The tests need ${names.join(", ")}. On Debian: sudo ${command}`);
  }
  const options = { toStderr: true, env: { DEBIAN_FRONTEND: "noninteractive" } };
  await step("apt-get update", () => run("apt-get", ["-q", "update"], options));
  await step(command, () => unstarted(names, () => run("apt-get", ["-qy", ...command.split(" ").slice(1)], options)));
}

/** Installs with no service running afterwards, nor after the next boot. */
async function unstarted(names, work) {
  const ours = !existsSync(POLICY);
  if (ours) writeFileSync(POLICY, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  try {
    await work();
  } finally {
    if (ours) rmSync(POLICY);
  }
  for (const service of names.flatMap((name) => SERVICES[name] ?? [])) ask("systemctl", ["disable", "--now", service]);
}

if (isMain(import.meta.url)) await main(setupTest);
