// Documents: every link leads somewhere, every file that is named exists, and the words that
// CONTRIBUTING.md forbids stay away.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { posix } from "node:path";
import { test } from "node:test";

const ROOT = new URL("../../", import.meta.url);
/** Words with a plain equivalent (CONTRIBUTING.md, "How we write"), by what to write instead. */
const FORBIDDEN = {
  "again, newly": /\banew\b/i,
  also: /\blikewise\b/i,
  "a device that…, a person who…": /\bwhom?(so)?ever\b/i,
  "at most": /\bat\s+the\s+most\b|[.:|]\s+(of\s+)?so\s+(many|much)\b/i,
  except: /\bbut\s+for\b/i,
  "is invalid, there is no": /(?<!\bthere\s+)\b(is|are)\s+none\b(?!\s+of)/i,
  "is reported": /\b(is|are|was|were)\s+told\s+of\b/i,
  random: /\bby\s+chance\b/i,
  via: /\bby\s+way\s+of\b/i,
};
/** Lines of README.md. It is the entrance; the manual is docs/guide.md. */
const README_LINES = 120;

const files = tracked();
const documents = files.filter((path) => path.endsWith(".md"));

test("every link in a document leads to a file, and its anchor to a heading", () => {
  const links = documents.flatMap((path) => linksOf(path).map((target) => ({ path, target })));
  assert.ok(links.length > 50);
  const dead = links.filter(({ path, target }) => !resolves(path, target));
  assert.deepEqual(dead, []);
});

test("every document that a file names exists", () => {
  const texts = files.filter((path) => /\.(md|rs|[mc]?[jt]s|toml|json|ya?ml|html)$/.test(path));
  const named = texts.flatMap((path) =>
    [...read(path).matchAll(/(?<![\w./-])docs\/[\w./-]+\.(?:md|svg|vp)\b/g)].map(([target]) => ({
      path,
      target,
    })),
  );
  assert.ok(named.length > 30);
  const dead = named.filter(({ target }) => !existsSync(new URL(target, ROOT)));
  assert.deepEqual(dead, []);
});

test("every path that a document names exists", () => {
  const spans = documents.flatMap((path) => pathsIn(path).map((target) => ({ path, target })));
  assert.ok(spans.length > 50);
  const dead = spans.filter(({ path, target }) => !exists(path, target));
  assert.deepEqual(dead, []);
});

test("no document uses a word that CONTRIBUTING.md forbids", () => {
  assert.deepEqual(
    forbidden(documents, (path) => withoutCode(read(path))),
    [],
  );
});

test("no source file uses a word that CONTRIBUTING.md forbids", () => {
  const isSource = (path) =>
    /\.(rs|[mc]?[jt]s)$/.test(path) && !/^(www|tests\/fixtures)\//.test(path);
  const sources = files.filter((path) => isSource(path) && !path.endsWith("documents.test.mjs"));
  assert.ok(sources.length > 300);
  assert.deepEqual(forbidden(sources, read), []);
});

test(`README.md has at most ${README_LINES} lines`, () => {
  assert.ok(read("README.md").trimEnd().split("\n").length <= README_LINES);
});

function forbidden(paths, textOf) {
  return paths.flatMap((path) => {
    const text = textOf(path);
    const words = Object.entries(FORBIDDEN).map(([plain, word]) => [word.exec(text)?.[0], plain]);
    return words
      .filter(([word]) => word)
      .map(([word, plain]) => `${path}: "${word}". Write "${plain}"`);
  });
}

/** Also files that are not committed yet. */
function tracked() {
  const args = ["ls-files", "--cached", "--others", "--exclude-standard"];
  const { stdout, status } = spawnSync("git", args, { cwd: ROOT, encoding: "utf8" });
  assert.equal(status, 0);
  return [...new Set(stdout.trim().split("\n"))].filter((path) => existsSync(new URL(path, ROOT)));
}

function read(path) {
  return readFileSync(new URL(path, ROOT), "utf8");
}

function withoutCode(text) {
  return text.replace(/^```.*?^```$/gms, "").replace(/`[^`\n]*`/g, "`code`");
}

/**
 * Code spans that are paths: those that begin with a folder of the repository or of the document, and
 * names of tests and Rust files. The changelog tells of files that are gone.
 */
function pathsIn(path) {
  if (path === "CHANGELOG.md") return [];
  const prose = read(path).replace(/^```.*?^```$/gms, "");
  const spans = [...prose.matchAll(/`([\w.*-]+(?:\/[\w.*-]*)*)`/g)].map(([, span]) => span);
  return spans.filter((span) => {
    const [first, ...rest] = span.split("/");
    if (rest.length === 0) return /^[\w*-]+(\.rs|\.test\.mjs)$/.test(span);
    return [path, ""].some((from) =>
      files.some((file) => file.startsWith(`${beside(from, first)}/`)),
    );
  });
}

/** `*` stands for any part of a name. A folder exists if a file is in it. */
function exists(path, target) {
  const anywhere = target.includes("/") ? "" : "(.*/)?";
  return [beside(path, target), target].some((place) => {
    const names = place.replace(/\/$/, "").replaceAll(".", "\\.").replaceAll("*", "[^/]*");
    return files.some((file) => new RegExp(`^${anywhere}${names}(/|$)`).test(file));
  });
}

function beside(path, target) {
  return posix.join(posix.dirname(path), target);
}

/** Targets of `[text](target)` and `![text](target)` within the repository. */
function linksOf(path) {
  const targets = [...withoutCode(read(path)).matchAll(/\]\(([^)\s]+)\)/g)].map(
    ([, target]) => target,
  );
  return targets.filter((target) => !/^[a-z]+:/.test(target));
}

function resolves(path, target) {
  const [file, anchor] = target.split("#");
  const to = file ? beside(path, file) : path;
  if (!existsSync(new URL(to, ROOT))) return false;
  if (!anchor) return true;
  return statSync(new URL(to, ROOT)).isFile() && anchorsOf(to).includes(anchor);
}

/** Anchors as GitHub makes them of headings: small letters, hyphens for spaces, a number if repeated. */
function anchorsOf(path) {
  const seen = new Map();
  const text = read(path).replace(/^```.*?^```$/gms, "");
  return [...text.matchAll(/^#+ +(.*)$/gm)].map(([, heading]) => {
    const words = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").toLowerCase();
    const slug = words
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .trim()
      .replace(/\s/g, "-");
    const count = seen.get(slug) ?? 0;
    seen.set(slug, count + 1);
    return count ? `${slug}-${count}` : slug;
  });
}
