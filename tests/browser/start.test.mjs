// Every way in which a start can fail. The error names the file and the cause.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { launch } from "../../harness/browsers.mjs";
import { serveSpoiled } from "./spoiled.mjs";

const page = () => "<!doctype html><title>an application of one page</title>";
const hash = (bytes) => `sha384-${createHash("sha384").update(bytes).digest("base64")}`;
const HASH = hash(readFileSync(new URL("../../dist/core.wasm", import.meta.url)));
const WRONG = hash("another file");
const [BUILD] = /(?<=BUILD = ")[^"]+/.exec(
  readFileSync(new URL("../../dist/index.js", import.meta.url), "utf8"),
);
/** The id of another build. */
const OTHER = BUILD.replace(/.$/, (last) => (last === "0" ? "1" : "0"));
const other = (bytes) => Buffer.from(bytes.toString("latin1").replaceAll(BUILD, OTHER), "latin1");
/** A file without a build id. */
const unbuilt = (bytes) => bytes.subarray(0, bytes.lastIndexOf("build") - 3);
/** Code in front of worker.js that makes its long time limits short. */
const IMPATIENT =
  "const every = self.setInterval; self.setInterval = (act, ms, ...rest) => every(act, ms / 50, ...rest);\n";
const impatient = (bytes) => IMPATIENT + bytes;
/** A page of another build that does not check the worker's build. The worker checks too. */
const blind = (bytes) =>
  Buffer.from(`${other(bytes)}`.replace(/if \(build === BUILD\) return;/, "return;"));
/** Each browser gets the right file first, then a file of another build. */
function turning() {
  let count = 0;
  return (bytes) => (count++ % 2 ? other(bytes) : bytes);
}
/** A secret part of a URL, which no error may contain. */
const SECRET = "?signature=0123456789abcdef#fragment";

/**
 * `expected` has the reason, the file, and the status or the builds. `elsewhere` is the option
 * whose file is on another origin.
 */
const CASES = {
  "all is well": {},
  "all is well, with a hash": { options: { integrity: HASH } },
  "worker.js is not there": {
    files: { "worker.js": () => 404 },
    expected: ["http-status", "worker.js", 404],
  },
  "the server fails": {
    files: { "worker.js": () => 503 },
    expected: ["http-status", "worker.js", 503],
  },
  "a page in place of worker.js": {
    files: { "worker.js": page },
    expected: ["wrong-file", "worker.js"],
  },
  "worker.js is cut short": {
    files: { "worker.js": (bytes) => bytes.subarray(0, bytes.lastIndexOf("(") + 1) },
    expected: ["not-run", "worker.js"],
  },
  "worker.js lacks a header that the page asks for": {
    isolated: true,
    expected: ["not-run", "worker.js"],
  },
  "connect-src forbids to look why": {
    policy: { "connect-src": "'none'" },
    files: { "worker.js": () => 404 },
    expected: ["not-run", "worker.js"],
  },
  "worker.js throws": {
    files: { "worker.js": () => "throw new Error('no');" },
    expected: ["script-error", "worker.js"],
  },
  "worker.js never comes": {
    files: { "worker.js": () => "hold" },
    hash: "#impatient",
    expected: ["time-out", "worker.js"],
  },
  "worker.js says nothing": {
    files: { "worker.js": () => "self;" },
    hash: "#impatient",
    expected: ["time-out", "worker.js"],
  },
  "the line breaks at worker.js": {
    files: { "worker.js": () => "cut" },
    expected: ["network", "worker.js"],
  },
  "worker-src forbids it": {
    policy: { "worker-src": "'none'" },
    expected: ["worker-blocked", "worker.js"],
  },
  "trusted-types forbids it": {
    policy: { "trusted-types": "another" },
    expected: ["worker-blocked", "worker.js"],
  },
  "worker.js is on another origin": {
    elsewhere: "workerUrl",
    expected: ["other-origin", "worker.js"],
  },
  "core.wasm is not there": {
    files: { "core.wasm": () => 404 },
    expected: ["http-status", "core.wasm", 404],
  },
  "core.wasm is not there, with a hash": {
    files: { "core.wasm": () => 404 },
    options: { integrity: HASH },
    expected: ["http-status", "core.wasm", 404],
  },
  "a page in place of core.wasm": {
    files: { "core.wasm": page },
    expected: ["wrong-file", "core.wasm"],
  },
  "a page in place of core.wasm, with a hash": {
    files: { "core.wasm": page },
    options: { integrity: HASH },
    expected: ["wrong-file", "core.wasm"],
  },
  "core.wasm is empty": { files: { "core.wasm": () => "" }, expected: ["wrong-file", "core.wasm"] },
  "core.wasm is cut short": {
    files: { "core.wasm": (bytes) => bytes.subarray(0, 50_000) },
    expected: ["damaged", "core.wasm"],
  },
  "core.wasm has another hash": {
    options: { integrity: WRONG },
    expected: ["integrity", "core.wasm"],
  },
  "core.wasm was changed, with a hash": {
    files: { "core.wasm": (bytes) => bytes.subarray(0, 50_000) },
    options: { integrity: HASH },
    expected: ["integrity", "core.wasm"],
  },
  "the policy has no wasm-unsafe-eval": {
    policy: { "script-src": "'self'" },
    expected: ["wasm-blocked", "core.wasm"],
  },
  "core.wasm is on another origin": {
    elsewhere: "wasmUrl",
    expected: ["other-origin", "core.wasm"],
  },
  "the line breaks at core.wasm": {
    files: { "core.wasm": () => "cut" },
    expected: ["network", "core.wasm"],
  },
  "core.wasm never comes": {
    files: { "worker.js": impatient, "core.wasm": () => "hold" },
    expected: ["time-out", "core.wasm"],
  },
  "worker.js is of another build": {
    files: { "worker.js": other },
    expected: ["other-build", "worker.js", { expected: BUILD, found: OTHER }],
  },
  "index.js is of another build": {
    files: { "index.js": other },
    expected: ["other-build", "worker.js", { expected: OTHER, found: BUILD }],
  },
  "index.js is of another build, and does not look": {
    files: { "index.js": blind },
    expected: ["other-build", "worker.js", { expected: OTHER, found: BUILD }],
  },
  "core.wasm is of another build": {
    files: { "core.wasm": other },
    expected: ["other-build", "core.wasm", { expected: BUILD, found: OTHER }],
  },
  "core.wasm is of no build": {
    files: { "core.wasm": unbuilt },
    expected: ["other-build", "core.wasm", { expected: BUILD, found: "unknown" }],
  },
  "worker.js is of no build": {
    files: { "worker.js": (bytes) => `${bytes}`.replaceAll(/build: BUILD,? ?/g, "") },
    expected: ["other-build", "worker.js", { expected: BUILD, found: "unknown" }],
  },
  "argon2.wasm is of another build": {
    files: { "argon2.wasm": other },
    options: { passphrase: "words" },
    expected: ["other-build", "argon2.wasm", { expected: BUILD, found: OTHER }],
  },
  "worker.js is of another build by the time Argon2 is needed": {
    files: { "worker.js": turning() },
    options: { passphrase: "words" },
    expected: ["other-build", "worker.js", { expected: BUILD, found: OTHER }],
  },
  "argon2.wasm is not there": {
    files: { "argon2.wasm": () => 404 },
    options: { passphrase: "words" },
    expected: ["http-status", "argon2.wasm", 404],
  },
  "argon2.wasm has another hash": {
    options: { passphrase: "words", argon2Integrity: WRONG },
    expected: ["integrity", "argon2.wasm"],
  },
  "mls.wasm is of another build": {
    files: { "mls.wasm": other },
    options: { group: "mls" },
    expected: ["other-build", "mls.wasm", { expected: BUILD, found: OTHER }],
  },
  "mls.wasm is not there": {
    files: { "mls.wasm": () => 404 },
    options: { group: "mls" },
    expected: ["http-status", "mls.wasm", 404],
  },
  "mls.wasm has another hash": {
    options: { group: "mls", mlsIntegrity: WRONG },
    expected: ["integrity", "mls.wasm"],
  },
  "argon2.wasm never comes": {
    files: { "worker.js": impatient, "argon2.wasm": () => "hold" },
    options: { passphrase: "words" },
    expected: ["time-out", "argon2.wasm"],
  },
};

const LATER = "a worker dies after another build was deployed: the call ends at once";
const folders = { ...CASES, [LATER]: { files: { "worker.js": turning() } } };

for (const name of ["chromium", "firefox"]) {
  describe(name, () => {
    let browser, server, elsewhere;
    before(async () => {
      [browser, server, elsewhere] = [
        await launch(name),
        await serveSpoiled(folders),
        await serveSpoiled({}),
      ];
    });
    after(async () => {
      await browser?.close();
      await Promise.all([server?.close(), elsewhere?.close()]);
    });

    /** The result of a start in this folder. */
    async function start(folder, { hash = "", options = {}, elsewhere: option } = {}) {
      const there = `${server.url}${encodeURIComponent(folder)}/`;
      const tab = await browser.page(`${there}start.html${hash}`);
      await tab.waitForFunction(() => globalThis.ready);
      const file = option === "workerUrl" ? "worker.js" : "core.wasm";
      const urls = option ? { [option]: `${elsewhere.url}any/${file}${SECRET}` } : {};
      const result = await tab.evaluate((options) => globalThis.start(options), {
        ...options,
        ...urls,
      });
      await tab.close();
      return { there: option ? `${elsewhere.url}any/` : there, result };
    }

    test(LATER, async () => {
      const tab = await browser.page(`${server.url}${encodeURIComponent(LATER)}/start.html`);
      await tab.waitForFunction(() => globalThis.ready);
      assert.deepEqual(await tab.evaluate(() => globalThis.outlive()), {
        code: "worker-failed",
        workers: 2,
      });
      await tab.close();
    });

    for (const [folder, one] of Object.entries(CASES)) {
      test(folder, async () => {
        const { there, result } = await start(folder, one);
        if (!one.expected) return assert.equal(result, "started");
        const [reason, file, more] = one.expected;
        const { code, url, message, status, builds } = result;
        assert.deepEqual(
          [code, result.reason, url, status ?? builds],
          ["start-failed", reason, there + file, more],
          message,
        );
        for (const id of Object.values(builds ?? {})) assert.ok(message.includes(id), message);
        assert.ok(message.endsWith(`: ${there}${file}`), message);
        assert.ok(!JSON.stringify(result).includes("signature"), message);
      });
    }
  });
}
