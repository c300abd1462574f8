// Builds in target/bench/ what the bench needs beside dist/: the peers, and variants of our
// modules.
import { copyFileSync, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { build, xtask } from "../harness/build.mjs";
import { isInstalled, packages } from "../harness/setup.mjs";
import { root, run, say, step } from "../harness/steps.mjs";

export const work = join(root, "target/bench");
const peers = join(work, "peers");
const DAVEY = "node_modules/@snazzah/davey-wasm32-wasi";

/** Sets up the bench. It is quick if nothing changed. */
export async function setup() {
  await setupOurs();
  if (!isInstalled(join(root, "bench/package-lock.json"), peers))
    await step("peers (npm ci)", install);
  if (!existsSync(join(work, "davey.js"))) await step("davey for browsers", bundleDavey);
}

/** Builds the variants of our modules only. */
export async function setupOurs() {
  await build();
  await step("build of the bench", () => xtask("bench"));
}

/** The folders that the server of the bench serves, by URL. */
export function folders() {
  return {
    "/bench/": join(root, "bench/web"),
    "/peers/": join(peers, "node_modules"),
    "/built/": work,
    "/target/js/": join(root, "target/js"),
  };
}

/** The URLs that an adapter needs, for the server at `url`. */
export function places(url, peer) {
  const portable = peer === "crate";
  return {
    root: url,
    peers: `${url}peers/`,
    built: `${url}built/`,
    core: portable ? `${url}built/core-portable.wasm` : `${url}dist/core.wasm`,
    engine: `${url}built/engine-${portable ? "portable" : "simd"}.wasm`,
    part: peer,
  };
}

export function versions() {
  const version = (name) =>
    packages(join(peers, "package-lock.json"))[`node_modules/${name}`].version;
  return {
    livekit: `livekit-client ${version("livekit-client")}`,
    stream: `@stream-io/video-client ${version("@stream-io/video-client")}`,
    davey: `@snazzah/davey ${version("@snazzah/davey")}`,
  };
}

async function install() {
  mkdirSync(peers, { recursive: true });
  for (const name of ["package.json", "package-lock.json"]) {
    copyFileSync(join(root, "bench", name), join(peers, name));
  }
  // With --force, because npm refuses to install davey's native and its wasm package together. None
  // of them runs code while it is installed.
  const flags = ["--force", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  await run("npm", ["ci", "--prefix", peers, ...flags], { toStderr: true });
}

/**
 * Bundles davey as an application would. Its workers never start, because all calls here are
 * synchronous.
 */
async function bundleDavey() {
  copyFileSync(join(peers, DAVEY, "davey.wasm32-wasi.wasm"), join(work, "davey.wasm32-wasi.wasm"));
  const entry = join(peers, DAVEY, "davey.wasi-browser.js");
  const flags = ["--bundle", "--format=esm", "--target=es2022", "--log-level=error"];
  const esbuild = join(root, "node_modules/.bin/esbuild");
  await run(esbuild, [entry, ...flags, `--outfile=${join(work, "davey.js")}`], { toStderr: true });
  say("  davey.js, davey.wasm32-wasi.wasm");
}
