// Which folder may import from which, and that scripts import in no circle. The most important wall
// is between js/page and js/worker: secrets stay in the worker.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const WORKSHOPS = ["call/", "bench/", "scripts/", "www/", "harness/"];

/** Files of the first kind import nothing from these folders. */
const WALLS = [
  ["js/page/", ["js/worker/"]],
  ["js/worker/", ["js/page/"]],
  ["js/shared/", ["js/page/", "js/worker/"]],
  ["src/", WORKSHOPS],
  ["js/", WORKSHOPS],
  ["crates/", WORKSHOPS],
  ["scripts/", ["bench/"]],
];

/** How the text of a file names another file, by the end of its own name. */
const IMPORTS = {
  script: [
    /\b(?:import|export)\b[^;"'`]*?\bfrom\s*["']([^"']+)["']/g,
    /\bimport\s*\(?\s*["'`]([^"'`$]+)["'`]/g,
    /\bnew URL\(\s*["']([^"']+)["'],\s*import\.meta\.url/g,
  ],
  ".rs": [/\binclude(?:_str|_bytes)?!\(\s*"([^"]+)"/g, /#\[path\s*=\s*"([^"]+)"\]/g],
  ".toml": [/\bpath\s*=\s*"([^"]+)"/g],
};

/** A comment may name a type of another file, which is no import. */
const COMMENT_LINE = /^\s*\/?\*.*$/gm;

/** Which files of the repository each file imports. */
function readGraph() {
  const patterns = ["*.js", "*.mjs", "*.ts", "*.rs", "*Cargo.toml"];
  const arguments_ = ["ls-files", "--cached", "--others", "--exclude-standard", "--", ...patterns];
  const files = execFileSync("git", arguments_, { cwd: root, encoding: "utf8" })
    .split("\n")
    .filter((path) => path && existsSync(join(root, path)));
  return new Map(files.map((path) => [path, importsOf(path)]));
}

function importsOf(path) {
  const text = readFileSync(join(root, path), "utf8").replace(COMMENT_LINE, "");
  const end = /\.(rs|toml)$/.exec(path)?.[0] ?? "script";
  const found = IMPORTS[end].flatMap((pattern) => [...text.matchAll(pattern)]);
  const isPath = (name) => end !== "script" || name.startsWith(".");
  return found
    .map(([, name]) => name)
    .filter(isPath)
    .map((name) => resolve(path, name));
}

/** TypeScript imports a file by the name that it has when compiled. */
function resolve(from, name) {
  const path = normalize(join(dirname(from), name.replace(/[?#].*$/, "")));
  const typed = path.replace(/\.js$/, ".ts");
  return existsSync(join(root, path)) || !existsSync(join(root, typed)) ? path : typed;
}

function breaches(graph) {
  return [...graph].flatMap(([path, imports]) =>
    WALLS.filter(([folder]) => path.startsWith(folder)).flatMap(([, forbidden]) =>
      imports
        .filter((target) => forbidden.some((folder) => target.startsWith(folder)))
        .map((target) => `${path} imports ${target}`),
    ),
  );
}

/** The paths of the first circle of imports, or nothing. */
function circle(graph) {
  const done = new Set();
  const search = (path, way) => {
    if (way.includes(path)) return [...way.slice(way.indexOf(path)), path];
    if (done.has(path)) return undefined;
    for (const target of graph.get(path) ?? []) {
      const found = search(target, [...way, path]);
      if (found) return found;
    }
    done.add(path);
    return undefined;
  };
  for (const path of graph.keys()) {
    const found = search(path, []);
    if (found) return found;
  }
  return undefined;
}

const graph = readGraph();
const scripts = new Map([...graph].filter(([path]) => /\.(js|mjs|ts)$/.test(path)));

test("page and worker import nothing from each other, and no product code from a workshop", () => {
  assert.deepEqual(breaches(graph), []);
});

test("scripts import in no circle", () => {
  assert.equal(circle(scripts)?.join(" > "), undefined);
});

test("the search for imports finds those that exist", () => {
  assert.ok(graph.get("js/page/sealframe.ts").includes("js/shared/errors.ts"));
  assert.ok(graph.get("js/worker/stream.ts").includes("js/worker/call-core.ts"));
  assert.ok(graph.get("tests/node/relaxed.test.mjs").includes("tests/node/core.mjs"));
  assert.ok(graph.get("Cargo.toml").includes("crates/aes-gcm-simd"));
  const here = relative(root, fileURLToPath(import.meta.url));
  assert.ok(graph.has(here));
});

test("an import through a wall, and a circle, are found", () => {
  const wrong = new Map([
    ["js/page/a.ts", ["js/shared/b.ts"]],
    ["js/shared/b.ts", ["js/worker/c.ts"]],
    ["js/worker/c.ts", ["js/page/a.ts"]],
    ["crates/x/check.mjs", ["call/main.mjs"]],
    ["scripts/test.mjs", ["bench/run.mjs"]],
  ]);
  assert.equal(breaches(wrong).length, 4);
  assert.equal(circle(wrong).join(), "js/page/a.ts,js/shared/b.ts,js/worker/c.ts,js/page/a.ts");
});
