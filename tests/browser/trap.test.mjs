// A core that traps is replaced; calls with device keys come back without the application.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { nothing } from "./census.mjs";
import { eachBrowser, TOGETHER, usePage } from "./common.mjs";
describe("a core that traps", TOGETHER, () => {
  eachBrowser((name) => {
    const { run, lines } = usePage(name, "trap.html");

    test("after a trap the core is replaced and sends nothing until keys are set again", async () => {
      const { before, silent, after, events, restarts, dropped } = await run("trap in the core");
      assert.ok(before.sealed > 0);
      assert.equal(before.plaintext + silent.plaintext + after.plaintext, 0);
      nothing(silent);
      assert.ok(restarts >= 1);
      assert.ok(events.some(({ type, code }) => type === "restarted" && code === "core-restarted"));
      assert.ok(
        events.some(({ state, code }) => state === "waiting-for-key" && code === "core-restarted"),
      );
      const traps = [dropped.video, dropped.audio].map((codes) => codes["core-restarted"] ?? 0);
      assert.ok(
        traps[0] + traps[1] === restarts && dropped.video["no-key"] > 0,
        JSON.stringify(dropped),
      );
      assert.ok(after.sealed > 0);
    });

    test("devices exchange keys by messages, rotate, and a removed one opens nothing", async () => {
      const { picture, rotated, after, sealed, events, dropped } = await run("devices");
      assert.ok(
        picture && rotated > 20 && sealed > 50,
        JSON.stringify({ picture, rotated, sealed }),
      );
      assert.equal(after, 0);
      assert.ok(dropped.audio["unknown-key"] > 0, JSON.stringify(dropped));
      // The other side does not know of its removal. It gets frames under an unknown key, and asks.
      assert.ok(
        events.length > 0 && events.every((event) => event === "error not-a-member"),
        events.join(),
      );
    });

    test("after a trap the empty roster of a lone device is set again", async () => {
      const { events, after } = await run("a trap alone");
      // The core traps with every 60th frame, so it may do so again while the test counts.
      assert.ok(
        events.length > 0 && events.every((event) => event === "restarted core-restarted"),
        events.join(),
      );
      assert.ok(after.sealed > 10 && after.plaintext === 0, JSON.stringify(after));
    });

    test("a call with device keys recovers from a trap by itself", async (t) => {
      const { milliseconds, picture, events, restarts } = await run("devices and a trap");
      assert.ok(picture && restarts >= 1);
      t.diagnostic(`frames go again after ${milliseconds} ms`);
      assert.ok(
        events.every((event) => event === "restarted core-restarted"),
        events.join(),
      );
    });

    test("nothing is written to the console", () => assert.deepEqual(lines(), []));
  });
});
