// Our own SFU on Pion (harness/sfu/pion), built with Debian's packages: nothing is downloaded.
import { existsSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { needProgram } from "../find-program.mjs";
import { root, run } from "../steps.mjs";
import { startWhipServer } from "./whip-server.mjs";

const target = join(root, "target/sfu");
const program = join(target, "pion-sfu");

/** @returns {Promise<import("./index.mjs").MediaServer>} once it answers */
export function start() {
  return startWhipServer("pion", ({ port, media }) => [program, [`127.0.0.1:${port}`, media]]);
}

/** Brings the program up to date. */
export function setup() {
  return go("build", "-p", "2", "-o", program, "pion-sfu");
}

/** Runs the program's own tests. */
export function test() {
  return go("test", "-p", "2", "pion-sfu");
}

/**
 * Runs Go. Debian's libraries are a GOPATH, and our source becomes part of another one: there Go
 * finds a library without the "/v3" that an import has.
 */
async function go(...args) {
  const [libraries] = needProgram("pion").split("/src/");
  const ours = join(target, "go");
  const link = join(ours, "src/pion-sfu");
  mkdirSync(join(ours, "src"), { recursive: true });
  if (!existsSync(link)) symlinkSync(join(root, "harness/sfu/pion"), link);
  const env = {
    GO111MODULE: "off",
    GOPATH: `${ours}:${libraries}`,
    GOCACHE: join(target, "go-cache"),
    GOFLAGS: "",
  };
  await run(needProgram("go"), args, { env, toStderr: true });
}
