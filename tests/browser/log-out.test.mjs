// Log-out, passwords in memory, and two pages of one profile.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { ask, eachBrowser, TOGETHER, usePage } from "./common.mjs";
const LONG = { timeout: 240_000 };

describe("log-out", TOGETHER, () => {
  eachBrowser((name) => {
    const { run, open } = usePage(name, "log-out.html");

    test("log-out deletes everything of ours and nothing else", LONG, async () => {
      const { reports, codes, databases, item, cached } = await run("log out");
      assert.equal(reports.length, 1);
      assert.ok(
        reports[0].before.every((count) => count > 10_000),
        "the count finds bytes before",
      );
      assert.deepEqual(
        reports[0].after,
        reports[0].before.map(() => 0),
      );
      assert.deepEqual(codes, ["call-closed", "call-closed", "nothing"]);
      assert.ok(!databases.includes("sealframe:leaver"));
      assert.deepEqual([item, cached], ["kept", "kept"]);
    });

    test("a log-out that fails throws store-failed and still closes the device", LONG, async () => {
      assert.deepEqual(await run("log out in vain"), {
        ...{
          code: "store-failed",
          codes: ["call-closed", "call-closed"],
          closed: true,
          locks: 0,
          kept: true,
          gone: true,
        },
      });
    });

    test("foreign messages on our channel do not log out", LONG, async () =>
      assert.equal(await run("foreign channel"), "nothing"),
    );

    test("the page does not keep a password", {
      ...LONG,
      skip: name === "firefox" && "nothing makes it collect garbage",
    }, async () => {
      const page = await open("log-out.html");
      await ask(page, "start with a password");
      const session = await page.createCDPSession();
      await session.send("HeapProfiler.enable");
      await session.send("HeapProfiler.collectGarbage");
      assert.equal(await ask(page, "kept of it"), false);
      await page.close();
    });

    test("the memory of Argon2id is wiped before the answer is sent", LONG, async () => {
      assert.deepEqual(await run("argon2"), [[0]]);
    });

    describe("two pages of one profile", () => {
      let [first, second] = [];
      before(
        async () => ([first, second] = [await open("log-out.html"), await open("log-out.html")]),
      );
      after(() => Promise.all([first?.close(), second?.close()]));

      test(
        "a second page cannot enter a call with the same device until the first one leaves",
        LONG,
        async () => {
          await ask(first, "stay", { name: "twin", room: "room" });
          const busy = await ask(second, "enter", { name: "twin", room: "room" });
          assert.deepEqual([busy.code, busy.other], ["device-busy", "nothing"]);
          assert.ok(busy.milliseconds > 2_900);
          await ask(first, "leave");
          assert.equal(
            (await ask(second, "enter", { name: "twin", room: "room" })).code,
            "nothing",
          );
          await ask(first, "end");
        },
      );

      test("a reloaded page enters its call at once", LONG, async () => {
        await ask(first, "stay", { name: "twin", room: "room" });
        await first.reload({ waitUntil: "load" });
        await first.waitForFunction("globalThis.ready");
        assert.equal((await ask(first, "enter", { name: "twin", room: "room" })).code, "nothing");
      });

      test("a log-out in one page ends the other without waiting for it", LONG, async (t) => {
        await ask(first, "stay", { name: "twin", room: "room" });
        const { code, names, milliseconds } = await ask(second, "log out here", { name: "twin" });
        assert.equal(code, "nothing");
        t.diagnostic(`${Math.round(milliseconds)} ms`);
        assert.ok(!names.includes("sealframe:twin"), names.join());
        const { told, join, call, names: later } = await ask(first, "stayed");
        assert.deepEqual(
          { told, join, call },
          { told: true, join: "logged-out", call: "logged-out" },
        );
        assert.ok(!later.includes("sealframe:twin"), later.join());
      });

      test("a log-out empties a database that a foreign connection keeps open", LONG, async (t) => {
        const { code, count, milliseconds } = await ask(second, "log out here", {
          name: "kept open",
          hold: true,
        });
        assert.deepEqual({ code, count }, { code: "nothing", count: 0 });
        t.diagnostic(`${Math.round(milliseconds)} ms`);
      });
    });
  });
});
