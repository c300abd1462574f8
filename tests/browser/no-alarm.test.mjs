// The watchdog raises no alarm in a call that does not leak.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { eachBrowser, TOGETHER, usePage } from "./common.mjs";
/** Seconds of one call without a leak. `npm run test:long` has ten minutes of such calls. */
const SECONDS = 20;
/** The number of calls that begin and end. */
const STARTS = process.env.SEALFRAME_LONG ? 50 : 4;
const CALLS = process.env.SEALFRAME_LONG ? 30 : 1;

describe("no leak, no alarm", TOGETHER, () => {
  eachBrowser((name) => {
    const { run, lines } = usePage(name, "no-alarm.html");

    test("a call without a leak raises no alarm, whatever happens in it", {
      timeout: CALLS * 240_000,
    }, async (t) => {
      for (let i = 0; i < CALLS; i++) {
        const { alarms, census, streams, done } = await run("calm", SECONDS);
        assert.deepEqual(alarms, [], JSON.stringify(done));
        assert.equal(census.plaintext, 0, JSON.stringify(census));
        assert.ok(
          streams.some(({ kind, frames }) => kind === "video" && frames > 0),
          JSON.stringify(streams),
        );
        t.diagnostic(
          `${SECONDS} s, ${done.length} changes, ${census.sealed} sealed frames at the far side, 0 alarms`,
        );
      }
    });

    test("calls that begin raise no alarm", { timeout: STARTS * 20_000 }, async (t) => {
      const { alarms, plaintext, sealed } = await run("starts", STARTS);
      t.diagnostic(`${STARTS} calls, at least ${Math.min(...sealed)} sealed frames each`);
      assert.deepEqual({ alarms, plaintext }, { alarms: 0, plaintext: 0 });
      assert.ok(
        sealed.every((count) => count > 20),
        `${sealed}`,
      );
    });

    test("reports the time that getStats() of a sender takes", async (t) =>
      t.diagnostic(
        `getStats() of a sender: ${(await run("cost")).toFixed(2)} ms, not on the page's thread, 5 times a second`,
      ));

    test("nothing is written to the console", () => assert.deepEqual(lines(), []));
  });
});
