// A worker that dies in mid-call is replaced, and the call goes on: by itself with device keys, by
// the application's help with keys of its own. Never a plaintext frame in between.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { codes, usePage } from "./common.mjs";

for (const name of ["chromium", "firefox"]) {
  describe(name, () => {
    const { run, lines } = usePage(name, "recovery.html");

    for (const way of ["terminate", "throw", "hang"]) {
      test(`the sender's worker: ${way}`, async (t) => {
        const { census, restarted, media, picture, ok, states, stuck } = await run("sender's worker", way); // `hang`: known after four seconds
        t.diagnostic(`${way}: new worker ${Math.round(restarted)} ms, frames ${Math.round(media)} ms, picture ${Math.round(picture)} ms`);
        assert.ok(ok, "picture and tone");
        assert.equal(census.plaintext, 0, JSON.stringify(census));
        assert.ok(census.sealed > 20, JSON.stringify(census));
        if (stuck) t.diagnostic(`no picture for 5 s: ${JSON.stringify(stuck)}`);
        assert.deepEqual(codes(states, "restarted", "error"), ["worker-restarted"]);
        assert.ok(states.some(({ kind, state }) => kind === "video" && state === "sealed"), JSON.stringify(states));
      });
    }

    test("the receiver's worker", async (t) => {
      const { picture, ok, events, restarts } = await run("receiver's worker");
      t.diagnostic(`picture ${Math.round(picture)} ms`);
      assert.ok(ok);
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
        ...{ "two at once": nobody, unanswered: nobody, refused: bob, "refused, and gone": nobody, "refused too late": bob, "a buffer used again": bob },
      });
    });

    test("a call that the next worker cannot take up ends; the others go on at once", async () => {
      const { kept, order, lost, events, made, closed, again } = await run("one of two");
      const busy = "device-busy";
      assert.deepEqual([codes(events.lost, "restarted", "error"), codes(events.kept, "restarted", "error")], [[busy], ["worker-restarted"]]);
      assert.deepEqual(lost, { waiting: "call-closed", stats: busy, sealed: busy });
      assert.deepEqual({ kept, order, closed, again, made }, { order: ["kept", "lost"], kept: ["done", "done"], closed: ["done", "done", "done"], again: "done", made: 1 });
    });

    test("closing waits for no worker that is not there, and leaves none", async (t) => {
      const { codes, free, left, rest, hung, milliseconds, locks } = await run("closing");
      assert.deepEqual({ codes, left, rest, hung }, { codes: ["done", "call-closed", "call-closed"], left: "done", rest: ["done", "done"], hung: "done" });
      t.diagnostic(`the device was free after ${Math.round(free)} ms; a worker that hung was ended after ${Math.round(milliseconds)} ms`);
      assert.equal(locks, 0);
    });

    test("a sender makes a key frame for who joins, and none for another key", async () => {
      const { rotated, joined, made } = await run("key frames of a sender");
      assert.deepEqual({ rotated, joined }, { rotated: 0, joined: 1 });
      assert.ok(made >= 1, `${made} key frames`);
    });

    test("a call that kills every worker ends", async (t) => {
      const { events, census, code, sealed, workers, deaths } = await run("one death after the other");
      const fastest = Math.min(...deaths.slice(4).map((at, i) => at - deaths[i]));
      if (!events.some(({ type }) => type === "error") && fastest > 10_000)
        return t.skip(`five workers take ${Math.round(fastest)} ms to start and end here`);
      assert.deepEqual(codes(events, "restarted"), Array(deaths.length - 1).fill("worker-restarted"));
      assert.deepEqual(codes(events, "error"), ["worker-failed"]);
      assert.deepEqual([code, ...sealed], ["worker-failed", "worker-failed", "worker-failed"]);
      nothing(census);
      assert.equal(workers, deaths.length - 1);
    });

    test("nothing of this is written to the console", () => {
      assert.deepEqual(lines().filter((line) => !/thrown on request/.test(line)), []);
    });
  });
}

function nothing({ sealed, plaintext, strange }) {
  assert.deepEqual({ sealed, plaintext, strange }, { sealed: 0, plaintext: 0, strange: 0 });
}
