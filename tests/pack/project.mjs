// The package as npm would publish it, unpacked into a folder with bundlers and frameworks.
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isInstalled } from "../../harness/setup.mjs";

export const root = fileURLToPath(new URL("../..", import.meta.url));
const here = join(root, "tests/pack");
export const work = join(root, "target/pack");
/** Folders with an application each. */
const APPS = ["app", "livekit", "mediasoup", "shared", "vue"];

/** The version that tests/pack/package.json pins. */
export function versionOf(name) {
  const { dependencies } = JSON.parse(readFileSync(join(here, "package.json"), "utf8"));
  return dependencies[name].replace(/^npm:.*@/, "");
}

/** Installs the bundlers once, and the package each time: a new build has the same version. */
export function install() {
  mkdirSync(work, { recursive: true });
  for (const file of [...APPS, "build.mjs", "dev.mjs", "package.json", "package-lock.json"])
    cpSync(join(here, file), join(work, file), { recursive: true });
  cpSync(join(root, ".npmrc"), join(work, ".npmrc"));
  // `npm ci` would need the packages of other platforms in the lock file.
  if (!isInstalled(join(here, "package-lock.json"), work)) run("npm", "install");
  rmSync(join(work, "out"), { recursive: true, force: true });
  const place = join(work, "node_modules/sealframe");
  rmSync(place, { recursive: true, force: true });
  mkdirSync(place);
  // `npm install` would ask the registry about all other packages again.
  run("tar", "-xzf", pack(work), "--strip-components=1", "-C", place);
}

/** @returns the name of the tarball in the folder */
function pack(folder) {
  const options = { cwd: root, stdio: ["ignore", "pipe", "ignore"] };
  const output = execFileSync("npm", ["pack", "--json", "--pack-destination", folder], options);
  return JSON.parse(output)[0].filename;
}

/** Runs a program in the folder. */
export function run(program, ...args) {
  try {
    execFileSync(program, args, { cwd: work, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  } catch ({ stdout, stderr }) {
    throw new Error(`${program} ${args.join(" ")}\n${stdout}${stderr}`);
  }
}

/** Roots of a server that shows only the bundler's files. Its own `/dist/` would be ours. */
export function only(folder) {
  return { "/": folder, "/dist/": join(folder, "dist"), "/call/": join(folder, "call") };
}
