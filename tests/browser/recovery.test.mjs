// A worker that dies in mid-call is replaced, and the call goes on: by itself with device keys, by
// the application's help with keys of its own. Never a plaintext frame in between.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { codes, usePage } from "./common.mjs";

/** The goal; a machine that runs four other builds at once is given more. */
const GOAL = 2000;
const LIMIT = GOAL * 3;
/** A worker that hangs is given some seconds first. */
const HANG = 5000;

for (const name of ["chromium", "firefox"]) {
  describe(name, () => {
    const { run, lines } = usePage(name, "recovery.html");

    for (const way of ["terminate", "throw", "hang"]) {
      test(`the sender's worker: ${way}`, async (t) => {
        const { census, restarted, media, picture, ok, states, stuck } = await run("sender's worker", way);
        t.diagnostic(`${way}: new worker ${Math.round(restarted)} ms, frames ${Math.round(media)} ms, picture ${Math.round(picture)} ms`);
        assert.ok(ok, "picture and tone");
        assert.equal(census.plaintext, 0, JSON.stringify(census));
        assert.ok(census.sealed > 20, JSON.stringify(census));
        assert.ok(picture < LIMIT + (way === "hang" ? HANG : 0), `${picture} ms ${JSON.stringify(stuck)}`);
        assert.deepEqual(codes(states, "restarted", "error"), ["worker-restarted"]);
        assert.ok(states.some(({ kind, state }) => kind === "video" && state === "sealed"), JSON.stringify(states));
      });
    }

    test("the receiver's worker", async (t) => {
      const { picture, ok, events, restarts } = await run("receiver's worker");
      t.diagnostic(`picture ${Math.round(picture)} ms`);
      assert.ok(ok && picture < LIMIT, `${picture} ms`);
      assert.deepEqual(codes(events, "restarted", "error"), ["worker-restarted"]);
      assert.equal(restarts, 1);
    });

    test("with keys of the application: silence until they are given again", async () => {
      const { before, silent, after, events } = await run("application keys");
      assert.ok(before.sealed > 10 && after.sealed > 10, JSON.stringify({ before, after }));
      assert.equal(before.plaintext + after.plaintext, 0);
      nothing(silent);
      assert.deepEqual(codes(events, "restarted", "error"), ["worker-restarted"]);
      assert.ok(events.some(({ state, code }) => state === "waiting-for-key" && code === "no-key"), JSON.stringify(events));
    });

    test("requests are repeated, but for those with keys", async () => {
      const { pending, during, closed } = await run("pending requests");
      const expected = ["done", "done", "done", "done", "worker-restarted"];
      assert.deepEqual([pending, during, closed], [expected, expected, ["done"]]);
    });

    test("the next worker is given the newest roster that was not refused, as it was when it was stated", async () => {
      const [bob, nobody] = [{ members: 1, told: true, errors: 0 }, { members: 0, told: false, errors: 0 }];
      assert.deepEqual(await run("rosters"), {
        ...{ overtaken: nobody, unanswered: nobody, refused: bob, "refused, and gone": nobody, "refused too late": bob, "a buffer used again": bob },
      });
    });

    test("a call that the next worker cannot take up ends; the others go on at once", async () => {
      const { kept, at, lost, events, made, closed, again } = await run("one of two");
      const busy = "device-busy";
      assert.deepEqual([codes(events.lost, "restarted", "error"), codes(events.kept, "restarted", "error")], [[busy], ["worker-restarted"]]);
      assert.deepEqual(lost, { waiting: "call-closed", stats: busy, sealed: busy });
      assert.deepEqual({ kept, closed, again, made }, { kept: ["done", "done"], closed: ["done", "done", "done"], again: "done", made: 1 });
      assert.ok(at < 2_500, `${at} ms`); // one that is kept out of a call waits for three seconds
    });

    test("closing waits for no worker that is not there, and leaves none", async () => {
      const { codes, free, left, rest, hung, milliseconds, locks } = await run("closing");
      assert.deepEqual({ codes, left, rest, hung }, { codes: ["done", "call-closed", "call-closed"], left: "done", rest: ["done", "done"], hung: "done" });
      assert.ok(free < 3_000 && milliseconds < LIMIT + HANG, `${free} ms, ${milliseconds} ms`);
      assert.equal(locks, 0);
    });

    test("a sender makes a key frame for who joins, and none for another key", async () => {
      const { rotated, joined, made } = await run("key frames of a sender");
      assert.deepEqual({ rotated, joined }, { rotated: 0, joined: 1 });
      assert.ok(made >= 1, `${made} key frames`);
    });

    test("a call that kills every worker ends", async () => {
      const { events, census, code, sealed, workers } = await run("one death after the other");
      assert.deepEqual(codes(events, "restarted"), Array(4).fill("worker-restarted"));
      assert.deepEqual(codes(events, "error"), ["worker-failed"]);
      assert.deepEqual([code, ...sealed], ["worker-failed", "worker-failed", "worker-failed"]);
      nothing(census);
      assert.equal(workers, 4);
    });

    test("nothing of this is written to the console", () => {
      assert.deepEqual(lines().filter((line) => !/thrown on request/.test(line)), []);
    });
  });
}

function nothing({ sealed, plaintext, strange }) {
  assert.deepEqual({ sealed, plaintext, strange }, { sealed: 0, plaintext: 0, strange: 0 });
}
