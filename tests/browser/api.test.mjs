// The public API under the strict policy: what it refuses, what it keeps to itself, what it survives.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { describe, test } from "node:test";
import { usePage } from "./common.mjs";

/** What each method's arguments and options are called in docs/api.md, and those of which an error may be. */
const ARGUMENTS = {
  start: ["options", "workerUrl", "wasmUrl", "integrity", "vaultUrl", "trustedTypesPolicy", "device", "name", "postQuantum", "legacy", "restore", "password"],
  join: ["callId", "options", "keys", "passphrase", "as"],
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

for (const name of ["chromium", "firefox"]) {
  describe(name, () => {
    const { run, open } = usePage(name, "api.html");

    test("a wrong argument: a code, and nothing has changed", async () => {
      const { results, names, unchanged, good, closed, ended } = await run("wrong arguments");
      const core = { "setMembers: no bundle": /^(bad-bundle|unsupported-version)$/ };
      for (const [what, code] of Object.entries(results)) assert.match(code, core[what] ?? /^bad-argument$/, what);
      for (const [what, blamed] of Object.entries(names)) {
        const arguments_ = ARGUMENTS[what.split(":")[0]];
        if (results[what] === "bad-argument") assert.ok(arguments_.includes(blamed), `${what}: the error is about ${blamed}`);
      }
      assert.ok(unchanged);
      assert.deepEqual(good, { seal: "nothing", open: "nothing", members: "nothing", receive: "nothing" });
      const gone = "call-closed";
      assert.deepEqual(closed, { seal: gone, stats: gone, keys: gone, rotate: gone, close: "nothing" });
      assert.deepEqual(ended, { join: gone, close: "nothing" });
    });

    test("a wrong message to the worker: a code, and the call goes on", async () => {
      const { results, alive } = await run("wrong messages");
      const expected = { "no call": "bad-argument", "wrong call": "call-closed" };
      for (const [what, code] of Object.entries(results)) assert.equal(code, expected[what] ?? "bad-argument", what);
      assert.ok(alive);
    });

    test("bytes that cannot be sent: a code at once, and no worker thought to hang", async () => {
      const { results, events, after } = await run("detached");
      assert.deepEqual(results, Object.fromEntries(Object.keys(results).map((what) => [what, "bad-argument"])));
      assert.deepEqual({ events, after }, { events: [], after: "nothing" });
    });

    test("a start that failed says so, and the next may succeed", async () => {
      const results = await run("failed starts");
      assert.ok(Object.values(results).every((code) => code === "start-failed"), JSON.stringify(results));
    });

    test("where the browser refuses locks: no device, but calls with keys", async (t) => {
      const { device, milliseconds, early, events } = await run("lockless");
      assert.deepEqual({ device, early, events }, { device: "store-failed", early: 0, events: ["worker-restarted"] });
      t.diagnostic(`started in ${Math.round(milliseconds)} ms`);
    });

    test("core.wasm is checked against its hash", async () => assert.equal(await run("integrity"), "started"));

    test("a device stays itself until it logs out", async () => {
      const { ids, hash, frozen, length, left } = await run("devices");
      const [first, again, other, fresh] = ids;
      assert.match(first, /^[0-9a-f]{32}$/);
      assert.equal(first, hash);
      assert.equal(again, first);
      assert.notEqual(other, first);
      assert.notEqual(fresh, first);
      assert.ok(frozen && length === 67);
      assert.ok(left.every((name) => !/one|two/.test(name)), left.join());
    });

    test("a member whose key is no point is not believed, and the page is told", async () => {
      const { bogus, refused, served, others } = await run("bogus member");
      assert.deepEqual(refused, [bogus, "unusable-key"]);
      assert.ok(others.every((id) => served.includes(id)));
    });

    test("no secret in any message, event, error or statistic", async () => {
      const { picture, findings, control, count } = await run("secrets", [...randomBytes(32)]);
      assert.ok(picture && control && count > 20, `${count} things said`);
      assert.deepEqual(findings, []);
    });

    test("RFC 9605's vectors", async () => {
      const page = await open("vectors.html");
      const { failed, headers, suite5 } = await page.evaluate(() => globalThis.scenarios.vectors());
      assert.deepEqual(failed, []);
      assert.equal(headers, 289);
      assert.deepEqual(suite5, { kid: suite5.kid, keys: true, ciphertext: true, opened: true });
    });
  });
}
