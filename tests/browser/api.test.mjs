// Wrong arguments and wrong messages under the strict policy: what the API refuses, with which
// code.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { eachBrowser, TOGETHER, usePage } from "./common.mjs";
/**
 * The arguments and options of each method, as docs/api.md names them. An error names one of them.
 */
const ARGUMENTS = {
  start: [
    "options",
    "workerUrl",
    "wasmUrl",
    "integrity",
    "argon2Url",
    "mlsUrl",
    "trustedTypesPolicy",
    "device",
    "name",
    "postQuantum",
    "legacy",
    "restore",
    "password",
  ],
  join: ["callId", "options", "keys", "passphrase", "as", "group", "suite", "broadcast"],
  configuration: ["configuration"],
  seal: ["sender", "options", "track", "codec"],
  open: ["receiver", "options", "from", "track", "codec"],
  setMembers: ["members", "devices"],
  setKeys: ["keys"],
  receive: ["bytes", "from"],
  sealData: ["bytes", "options", "to"],
  openData: ["bytes", "from"],
  safetyNumber: ["bundle"],
  forgetDevice: ["name", "id"],
};

describe("the public API", TOGETHER, () => {
  eachBrowser((name) => {
    const { run, open } = usePage(name, "api.html");

    test("support() names what is missing, and changes nothing", async () => {
      const all = { supported: true, frames: "transform", missing: [] };
      const { whole, older, lockless, again } = await run("support");
      assert.deepEqual([whole, again], [all, all]);
      assert.equal(older.supported, name === "chromium", "only Chromium has encoded streams");
      assert.deepEqual(older.missing, older.supported ? [] : ["encoded-transform"]);
      assert.equal(older.frames, older.supported ? "streams" : undefined);
      assert.deepEqual(lockless, { ...all, missing: ["locks"] });
    });

    test("a wrong argument is refused with a code and changes nothing", async () => {
      const { results, names, unchanged, good, closed, ended } = await run("wrong arguments");
      const core = { "setMembers: no bundle": /^(bad-bundle|unsupported-version)$/ };
      for (const [what, code] of Object.entries(results))
        assert.match(code, core[what] ?? /^bad-argument$/, what);
      for (const [what, blamed] of Object.entries(names)) {
        const arguments_ = ARGUMENTS[what.split(":")[0]];
        if (results[what] === "bad-argument")
          assert.ok(arguments_.includes(blamed), `${what}: the error is about ${blamed}`);
      }
      assert.ok(unchanged);
      assert.deepEqual(good, {
        seal: "nothing",
        open: "nothing",
        members: "nothing",
        receive: "nothing",
      });
      const gone = "call-closed";
      assert.deepEqual(closed, {
        seal: gone,
        stats: gone,
        keys: gone,
        rotate: gone,
        close: "nothing",
      });
      assert.deepEqual(ended, { join: gone, close: "nothing" });
    });

    test("a wrong message to the worker is refused with a code, and the call continues", async () => {
      const { results, alive } = await run("wrong messages");
      const expected = { "no call": "bad-argument", "wrong call": "call-closed" };
      for (const [what, code] of Object.entries(results))
        assert.equal(code, expected[what] ?? "bad-argument", what);
      assert.ok(alive);
    });

    test("bytes that cannot be sent are refused at once, and the worker is not restarted", async () => {
      const { results, events, after } = await run("detached");
      assert.deepEqual(
        results,
        Object.fromEntries(Object.keys(results).map((what) => [what, "bad-argument"])),
      );
      assert.deepEqual({ events, after }, { events: [], after: "nothing" });
    });

    test("the core passes the RFC 9605 vectors in this browser", async () => {
      const page = await open("vectors.html");
      const { failed, headers, suite5 } = await page.evaluate(() => globalThis.scenarios.vectors());
      assert.deepEqual(failed, []);
      assert.equal(headers, 289);
      assert.deepEqual(suite5, { kid: suite5.kid, keys: true, ciphertext: true, opened: true });
    });
  });
});
