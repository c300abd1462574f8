// The package has the licences of everything that is compiled into it.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const NOTICES = "dist/THIRD-PARTY-NOTICES.txt";
const MODULES = {
  "core.wasm": "sealframe",
  "argon2.wasm": "sealframe_argon2",
  "mls.wasm": "sealframe_mls",
};
/** Crates that are in the standard library of a module. The other modules have none. */
const OF_STANDARD = { "mls.wasm": ["dlmalloc", "hashbrown", "rustc_demangle"] };
/** Crates of this repository, and those of the standard library, which have one entry. */
const OURS =
  /^(sealframe|sealframe_argon2|sealframe_mls|aes_gcm_simd|core|alloc|std|compiler_builtins)$/;
const read = (path) => readFileSync(join(root, path), "utf8");

test("the package has both licences and the notices", () => {
  const options = { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] };
  const [{ files }] = JSON.parse(execFileSync("npm", ["pack", "--dry-run", "--json"], options));
  const paths = files.map(({ path }) => path);
  for (const path of ["LICENSE-MIT", "LICENSE-APACHE", NOTICES]) assert.ok(paths.includes(path));
});

for (const [file, name] of Object.entries(MODULES)) {
  test(`each crate whose functions are in ${file} has a notice`, () => {
    const isTheirs = (crate) => !OURS.test(crate) && !OF_STANDARD[file]?.includes(crate);
    const crates = crateNames(name).filter(isTheirs);
    assert.ok(crates.length >= 3, `${crates}`);
    const listed = listOf(file).map((part) => part.replace(/ .*/, "").replaceAll("-", "_"));
    assert.deepEqual(
      crates.filter((crate) => !listed.includes(crate)),
      [],
    );
    assert.ok(listed.includes("the"), "the Rust standard library");
  });
}

test("each npm package in a bundle has a notice", () => {
  for (const bundle of ["index.js", "worker.js", "stomp.js"]) {
    const found = [
      ...read(`dist/${bundle}`).matchAll(/^\/\/ node_modules\/((?:@[^/]+\/)?[^/]+)/gm),
    ];
    const listed = listOf(bundle).map((part) => part.replace(/ .*/, ""));
    const names = new Set(found.map(([, name]) => name));
    assert.deepEqual(listed, [...names], bundle);
  }
  assert.deepEqual(listOf("worker.js"), [
    `idb ${read("node_modules/idb/package.json").match(/"version": "(.*)"/)[1]}`,
  ]);
});

test("each part has a licence text with terms and a copyright line", () => {
  const [, ...texts] = read(NOTICES).split(/^-{80}\n/m);
  const parts = new Set(["core.wasm", "argon2.wasm", "mls.wasm", "worker.js"].flatMap(listOf));
  assert.ok(parts.size > 25);
  for (const part of parts) {
    const own = texts.filter((text) => text.split("\n\n")[0].split("\n").some(startsWith(part)));
    assert.ok(
      own.some((text) => /copyright/i.test(text) && text.length > 500),
      part,
    );
  }
});

const startsWith = (part) => (line) => line === part || line.startsWith(`${part} (`);

/** Name and version of each part of a file. */
function listOf(file) {
  const [front] = read(NOTICES).split(/^-{80}$/m);
  const section = front.split("\n\n").find((text) => text.startsWith(`${file}:\n`)) ?? "";
  return [...section.matchAll(/^ {2}(.*) \(.*\)$/gm)].map(([, part]) => part);
}

/**
 * The crates of the functions in a compiled module, before its names are removed: the first part of
 * each mangled name, in both of Rust's schemes.
 */
function crateNames(module) {
  const path = join(root, `target/wasm32-unknown-unknown/release/${module}.wasm`);
  const text = readFileSync(path, "latin1");
  const legacy = [...text.matchAll(/_ZN(\d+)([a-z_][a-z0-9_]*)/g)];
  const v0 = [...text.matchAll(/Cs[a-zA-Z0-9]+_(\d+)([a-z_][a-z0-9_]*)/g)];
  const names = [...legacy, ...v0].map(([, length, name]) => name.slice(0, Number(length)));
  return [...new Set(names)].filter((name) => name && !name.startsWith("_"));
}
