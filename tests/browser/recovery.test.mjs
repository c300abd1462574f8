// A worker that dies in mid-call is replaced. A call with device keys continues by itself, a call
// with application keys continues when the application sets them again. No frame is in plaintext
// meanwhile.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { nothing } from "./census.mjs";
import { codes, eachBrowser, TOGETHER, usePage } from "./common.mjs";
describe("recovery", TOGETHER, () => {
  eachBrowser((name) => {
    const { run, lines } = usePage(name, "recovery.html");

    for (const way of ["terminate", "throw", "hang"]) {
      test(`media continues after the sender's worker dies (${way})`, async (t) => {
        const { census, restarted, media, picture, ok, states, stuck } = await run(
          "sender's worker",
          way,
        ); // a hang is noticed after four seconds
        t.diagnostic(
          `${way}: new worker ${Math.round(restarted)} ms, frames ${Math.round(media)} ms, picture ${Math.round(picture)} ms`,
        );
        assert.ok(ok, "picture and tone");
        assert.equal(census.plaintext, 0, JSON.stringify(census));
        assert.ok(census.sealed > 20, JSON.stringify(census));
        if (stuck) t.diagnostic(`no picture for 5 s: ${JSON.stringify(stuck)}`);
        assert.deepEqual(codes(states, "restarted", "error"), ["worker-restarted"]);
        assert.ok(
          states.some(({ kind, state }) => kind === "video" && state === "sealed"),
          JSON.stringify(states),
        );
      });
    }

    test("media continues after the receiver's worker dies", async (t) => {
      const { picture, ok, events, restarts } = await run("receiver's worker");
      t.diagnostic(`picture ${Math.round(picture)} ms`);
      assert.ok(ok);
      assert.deepEqual(codes(events, "restarted", "error"), ["worker-restarted"]);
      assert.equal(restarts, 1);
    });

    test("with application keys nothing is sent after a restart until they are set again", async () => {
      const { before, silent, after, events } = await run("application keys");
      assert.ok(before.sealed > 10 && after.sealed > 10, JSON.stringify({ before, after }));
      assert.equal(before.plaintext + after.plaintext, 0);
      nothing(silent);
      assert.deepEqual(codes(events, "restarted", "error"), ["worker-restarted"]);
      assert.ok(
        events.some(({ state, code }) => state === "waiting-for-key" && code === "no-key"),
        JSON.stringify(events),
      );
    });

    test("a call whose workers all die ends as worker-failed", async (t) => {
      const { events, census, code, sealed, workers, deaths } = await run(
        "one death after the other",
      );
      const fastest = Math.min(...deaths.slice(4).map((at, i) => at - deaths[i]));
      if (!events.some(({ type }) => type === "error") && fastest > 10_000)
        return t.skip(`five workers take ${Math.round(fastest)} ms to start and end here`);
      assert.deepEqual(
        codes(events, "restarted"),
        Array(deaths.length - 1).fill("worker-restarted"),
      );
      assert.deepEqual(codes(events, "error"), ["worker-failed"]);
      assert.deepEqual([code, ...sealed], ["worker-failed", "worker-failed", "worker-failed"]);
      nothing(census);
      assert.equal(workers, deaths.length - 1);
    });

    test("nothing is written to the console", () => {
      assert.deepEqual(
        lines().filter((line) => !/thrown on request/.test(line)),
        [],
      );
    });
  });
});
