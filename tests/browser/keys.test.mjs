// Devices and what they keep: kinds, encrypted store, recovery, log-out, persons, passphrases, data.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { usePage } from "./common.mjs";

const LONG = { timeout: 240_000 };
/** Recovery files, for the other browser. */
const files = {};

for (const name of ["chromium", "firefox"]) {
  describe(name, () => {
    const { run, open } = usePage(name, "keys.html");
    const ask = (page, scenario, argument) =>
      page.evaluate((scenario, argument) => globalThis.scenarios[scenario](argument), scenario, argument);

    test("three kinds of device, none with a key that a script could read", LONG, async () => {
      const found = await run("kinds");
      const kind = (suite, length, algorithm) => ({ suite, length, same: true, extractable: 0, algorithms: algorithm });
      const keys = Object.fromEntries(Object.entries(found).map(([name, one]) => [name, { ...one, algorithms: one.algorithms.toSorted().join() }]));
      assert.deepEqual(keys, {
        default: kind(2, 67, "AES-GCM,ECDSA,HMAC"),
        classic: kind(1, 67, "AES-GCM,ECDSA,HMAC"),
        legacy: kind(3, 323, "AES-GCM,ECDSA,HMAC,RSA-OAEP"),
      });
    });

    test("at rest nothing is in the clear, not even names", LONG, async () => {
      const { rows, arrays, found, agreement, control } = await run("store");
      assert.equal(rows, 3); // device, recovery file, persons
      assert.equal(arrays, 2, "the device's row has keys only");
      assert.deepEqual([found, agreement], [[], 0], "no key to agree with is stored");
      assert.ok(control);
    });

    test("a damaged entry is an error or a stranger, never believed", LONG, async () => {
      const { code, changes, same, hits, expected } = await run("damage");
      assert.deepEqual(hits, [1, 1]);
      assert.equal(code, "store-damaged");
      assert.ok(same);
      assert.deepEqual(changes, expected);
    });

    test("a full disk: an error event, and the roster holds; nothing fails later", LONG, async () => {
      assert.deepEqual(await run("full"), {
        ...{ stated: "nothing", members: 0, later: "nothing", codes: ["nothing", "not-recoverable"] },
        ...{ errors: ["store-failed"], told: [true, true] },
      });
    });

    test("a disk that stays full: keys come, and the page is told that persons are not remembered", LONG, async () => {
      assert.deepEqual(await run("full for good"), { passed: [true, true], codes: ["store-failed"] });
    });

    test("a database that is deleted in mid-call: the call goes on, and what needs the store says so", LONG, async () => {
      const failed = "store-failed";
      assert.deepEqual(await run("lost"), {
        ...{ stated: "nothing", passed: [true, true], codes: ["nothing", failed], errors: [failed], kept: false },
      });
    });

    for (const [kind, options] of Object.entries({ hybrid: {}, classic: { postQuantum: false }, rsa: { legacy: "device" } })) {
      test(`recovery of a ${kind} device`, LONG, async () => {
        const result = await run("recovery", options);
        files[`${name} ${kind}`] = result;
        assert.ok(result.again && result.gone && result.untouched);
        assert.deepEqual(result.refused, {
          "wrong password": "wrong-password",
          "no password": "bad-argument",
          "no file": "bad-argument",
          "not a file": "bad-container",
          "cut short": "bad-container",
          "salt changed": "wrong-password",
          "last byte changed": "bad-container",
          "later version": "unsupported-version",
        });
        const call = { data: true, shown: true };
        assert.deepEqual(result.call, call);
        assert.deepEqual(result.restored, { id: result.id, file: true, call, extractable: 0, twice: true });
        progresses(result.progress);
      });
    }

    test("a profile with another device keeps it", LONG, async () => {
      assert.deepEqual(await run("other device", files[`${name} hybrid`].file), { code: "device-exists", kept: true, none: "not-recoverable" });
    });

    test("log-out leaves nothing of ours, and all that is not", LONG, async () => {
      const { reports, codes, databases, item, cached } = await run("log out");
      assert.equal(reports.length, 1);
      assert.ok(reports[0].before.every((count) => count > 10_000), "the count sees what is there");
      assert.deepEqual(reports[0].after, reports[0].before.map(() => 0));
      assert.deepEqual(codes, ["call-closed", "call-closed", "nothing"]);
      assert.ok(!databases.includes("sealframe:leaver"));
      assert.deepEqual([item, cached], ["kept", "kept"]);
    });

    test("a log-out that fails says so, and ends everything all the same", LONG, async () => {
      assert.deepEqual(await run("log out in vain"), {
        ...{ code: "store-failed", codes: ["call-closed", "call-closed"], closed: true, locks: 0, kept: true, gone: true },
      });
    });

    test("messages that are not ours log nobody out", LONG, async () => assert.equal(await run("foreign channel"), "nothing"));

    test("a password is not kept in the page", { ...LONG, skip: name === "firefox" && "nothing makes it collect garbage" }, async () => {
      const page = await open("keys.html");
      await ask(page, "start with a password");
      const session = await page.createCDPSession();
      await session.send("HeapProfiler.enable");
      await session.send("HeapProfiler.collectGarbage");
      assert.equal(await ask(page, "kept of it"), false);
      await page.close();
    });

    test("the memory that Argon2id ran in is wiped before the answer leaves it", LONG, async () => {
      assert.deepEqual(await run("vault"), [[0]]);
    });

    describe("two pages of one profile", () => {
      let [first, second] = [];
      before(async () => ([first, second] = [await open("keys.html"), await open("keys.html")]));
      after(() => Promise.all([first?.close(), second?.close()]));

      test("one device is in one call once; who comes second is told, and may come when it is free", LONG, async () => {
        await ask(first, "stay", { name: "twin", room: "room" });
        const busy = await ask(second, "enter", { name: "twin", room: "room" });
        assert.deepEqual([busy.code, busy.other], ["device-busy", "nothing"]);
        assert.ok(busy.milliseconds > 2_900);
        await ask(first, "leave");
        assert.equal((await ask(second, "enter", { name: "twin", room: "room" })).code, "nothing");
        await ask(first, "end");
      });

      test("a page that is loaded again gets in at once", LONG, async () => {
        await ask(first, "stay", { name: "twin", room: "room" });
        await first.reload({ waitUntil: "load" });
        await first.waitForFunction("globalThis.ready");
        assert.equal((await ask(first, "enter", { name: "twin", room: "room" })).code, "nothing");
      });

      test("a log-out in one ends the other, and waits for nobody", LONG, async (t) => {
        await ask(first, "stay", { name: "twin", room: "room" });
        const { code, names, milliseconds } = await ask(second, "log out here", { name: "twin" });
        assert.equal(code, "nothing");
        t.diagnostic(`${Math.round(milliseconds)} ms`);
        assert.ok(!names.includes("sealframe:twin"), names.join());
        const { told, join, call, names: later } = await ask(first, "stayed");
        assert.deepEqual({ told, join, call }, { told: true, join: "logged-out", call: "logged-out" });
        assert.ok(!later.includes("sealframe:twin"), later.join());
      });

      test("a foreign connection that keeps the database keeps it empty", LONG, async (t) => {
        const { code, count, milliseconds } = await ask(second, "log out here", { name: "kept open", hold: true });
        assert.deepEqual({ code, count }, { code: "nothing", count: 0 });
        t.diagnostic(`${Math.round(milliseconds)} ms`);
      });
    });

    test("persons: a device that comes back is quiet, one that was never seen or forgotten is told once", LONG, async () => {
      const { both, quiet, cut, kept, known, changes, members, ids } = await run("persons");
      assert.deepEqual({ both, quiet, cut, kept, known }, { both: [true, true], quiet: 0, cut: true, kept: true, known: 0 });
      assert.deepEqual(changes, [
        { name: "alice", added: [ids.laptop] },
        { name: "alice", added: [ids.bob] },
      ]);
      assert.deepEqual(members.map(({ id }) => id).sort(), [ids.phone, ids.laptop].sort());
      for (const { kem, legacy } of members) assert.deepEqual({ kem, legacy }, { kem: "mlkem768-p256", legacy: false });
    });

    test("a refused entry adds nobody, removes who is not named, and says its place", LONG, async () => {
      const { found, events } = await run("refused");
      const bad = (index, ...there) => ({ code: "bad-bundle", index, there });
      assert.deepEqual(found, {
        swapped: bad(1, "alice"),
        derived: bad(2, "alice"),
        "beside a removal": { ...bad(1), code: "unsupported-version" },
        good: { code: "none", index: -1, there: ["alice"] },
      });
      assert.deepEqual(events, ["post-quantum"], "the first roster's");
    });

    test("post-quantum: who makes the call classic is told; who requires hybrid devices refuses others", LONG, async () => {
      assert.deepEqual(await run("post-quantum"), {
        refused: { code: "classic-device", index: 0 },
        told: [{ hybrid: false, classic: ["classic"] }],
        figures: [{ hybrid: true, classic: [] }, { hybrid: false, classic: ["classic"] }],
        start: "classic-device",
        both: "bad-argument",
      });
    });

    test("a roster of 200, stated again and again", LONG, async (t) => {
      const { members, shortest } = await run("crowd");
      assert.equal(members, 200);
      t.diagnostic(`${Math.round(shortest)} ms to state it again`);
    });

    test("RSA devices: only where they are allowed, and marked", LONG, async () => {
      const { refused, passed, members } = await run("legacy");
      assert.equal(refused, "legacy-device");
      assert.deepEqual(passed, [true, true]);
      const [{ kem, legacy, keyed, acknowledged }] = members;
      assert.deepEqual({ kem, legacy, keyed, acknowledged }, { kem: "rsa", legacy: true, keyed: true, acknowledged: true });
    });

    test("safety numbers: the same from both sides, another for another pair", LONG, async () => {
      const { numbers, codes } = await run("safety");
      const [one, two, other] = numbers;
      assert.match(one, /^\d{5}( \d{5}){11}$/);
      assert.equal(one, two);
      assert.notEqual(one, other);
      assert.deepEqual(codes, ["unsupported-version", "bad-argument", "bad-bundle"]);
    });

    test("data: once, unchanged, from whom and to whom it says", LONG, async () => {
      const { opened, codes } = await run("data");
      assert.equal(opened, "to all");
      assert.deepEqual(codes, {
        replayed: "duplicate",
        altered: "authentication-failed",
        "another sender": "authentication-failed",
        "not for us": "authentication-failed",
        "for us": "nothing",
        empty: "nothing",
        "as long as can be": "nothing",
        "too long": "bad-argument",
        "no bytes": "bad-argument",
        "no sender": "bad-argument",
      });
    });

    for (const source of ["application", "passphrase"]) {
      test(`a member that seals under another's KID takes nothing from it: ${source}`, LONG, async () => {
        const { codes, opened, shown, dropped } = await run("taken KID", { source, count: 3_000 });
        assert.deepEqual(codes, ["nothing", "nothing", "authentication-failed"]);
        assert.deepEqual(opened, [3_000, 3_000]);
        assert.ok(shown, JSON.stringify(dropped));
      });
    }

    test("a passphrase call: media and data between those who know it", LONG, async () => {
      const { shown, data, other, last, codes, progress } = await run("passphrase");
      assert.ok(shown && data);
      assert.equal(other.shown, false);
      assert.deepEqual(Object.keys(other.dropped), ["unknown-key"], JSON.stringify(other));
      assert.deepEqual(last, [true, false, true, false, true, false], "what was said last counts");
      assert.deepEqual(codes, ["bad-argument", "bad-argument", "bad-argument"]);
      progresses(progress);
    });
  });
}

describe("between browsers", () => {
  for (const [from, to] of [["chromium", "firefox"], ["firefox", "chromium"]]) {
    const { run } = usePage(to, "keys.html");
    for (const kind of ["hybrid", "classic", "rsa"]) {
      test(`a ${kind} device of ${from} is restored in ${to}`, LONG, async (t) => {
        if (!files[`${from} ${kind}`]) return t.skip(`no file of ${from}`);
        const { id, file } = files[`${from} ${kind}`];
        const restored = await run("restore", { name: "moved", file });
        assert.deepEqual([restored.id, restored.file, restored.extractable, restored.twice], [id, true, 0, true]);
      });
    }
  }
});

/** It starts, it never goes back, and it ends. */
function progresses(steps) {
  const fractions = steps.map(({ fraction }) => fraction);
  assert.ok(steps[0].fraction < 0.1 && steps[0].seconds > 0, JSON.stringify(steps));
  assert.equal(steps.at(-1).fraction, 1);
  const runs = fractions.filter((fraction) => fraction === 1).length;
  const falls = fractions.filter((fraction, i) => fraction < (fractions[i - 1] ?? 0)).length;
  assert.ok(runs >= 1 && falls === runs - 1, JSON.stringify(fractions));
}
