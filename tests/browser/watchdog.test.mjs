// The watchdog: a real leak ends within a second; in a call that leaks nothing it never barks.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { usePage } from "./common.mjs";

/** Milliseconds from the leak to its end on an idle machine. */
const GOAL = 1000;
/** Of one call without a leak; `npm run test:long` has ten minutes of them. */
const SECONDS = 20;
/** Calls that begin and end. */
const STARTS = process.env.SEALFRAME_LONG ? 50 : 4;
const CALLS = process.env.SEALFRAME_LONG ? 30 : 1;

for (const name of ["chromium", "firefox"]) {
  describe(name, () => {
    const firefox = name === "firefox";
    const { run, lines } = usePage(name, "watchdog.html");

    for (const kind of ["video", "audio"]) {
      test(`${kind} leaks: plaintext begins at the far side, and ends`, async (t) => {
        const { errors, heard, census, after, state, tracks } = await run("leak", kind);
        const barks = heard.filter((event) => event.type === "leak-stopped" && event.kind === kind);
        t.diagnostic(`${census.plaintext} plaintext frames; stopped after ${Math.round(barks[0]?.at)} ms (goal ${GOAL})`);
        assert.deepEqual(errors, ["", ""], "nobody noticed when it was wired");
        assert.ok(census.plaintext > 0, JSON.stringify(census));
        assert.equal(barks.length, 1);
        const { code, sender, track, real } = barks[0];
        assert.deepEqual({ code, sender, track, real }, { code: "leak-stopped", sender: "near", track: "leaky", real: true });
        assert.equal(after.plaintext, 0, JSON.stringify(after));
        assert.equal(tracks[kind === "audio" ? 0 : 1], true, "its track is gone");
        const stopped = { kind, state: "failing", code: "leak-stopped" };
        assert.deepEqual(state.find((stream) => stream.kind === kind), stopped);
        // Chromium's leak is one of the connection, Firefox's of one sender.
        assert.equal(state.filter(({ code }) => code === "leak-stopped").length, firefox ? 1 : 2);
      });
    }

    test("one layer of a simulcast leaks beside two that are sealed; padded layers do not", { timeout: 240_000 }, async (t) => {
      const { layers, calm, padding, leaked, after, milliseconds, ...end } = await run("layers");
      t.diagnostic(`${padding} packets of padding without a key; stopped after ${Math.round(milliseconds)} ms, ${leaked} packets`);
      assert.equal(layers, 3);
      assert.equal(calm, 0, "no alarm before");
      assert.ok(padding > 20, `${padding} packets`); // or the test would show nothing
      assert.ok(leaked > 5, `${leaked} packets`);
      assert.equal(after, 0);
      assert.deepEqual(end, { barks: 1, gone: true, state: "failing", code: "leak-stopped" });
    });

    test("no leak, whatever a call goes through: no alarm", { timeout: CALLS * 240_000 }, async (t) => {
      for (let i = 0; i < CALLS; i++) {
        const { alarms, census, streams, done } = await run("calm", SECONDS);
        assert.deepEqual(alarms, [], JSON.stringify(done));
        assert.equal(census.plaintext, 0, JSON.stringify(census));
        assert.ok(streams.some(({ kind, frames }) => kind === "video" && frames > 0), JSON.stringify(streams));
        t.diagnostic(`${SECONDS} s, ${done.length} changes, ${census.sealed} sealed frames at the far side, 0 alarms`);
      }
    });

    // Firefox refuses a sender that is connected already, and only such a one can play tones.
    for (const deaf of [false, true]) {
      test(`a tone that plays while sound is sealed is found by ${deaf ? "its bytes" : "its event"}`, { skip: firefox }, async (t) => {
        const { errors, stops, milliseconds, plaintext, after } = await run("tone", deaf);
        t.diagnostic(`${plaintext} plaintext frames; stopped after ${Math.round(milliseconds)} ms`);
        assert.deepEqual([errors, stops, after], [["", ""], ["audio leak-stopped"], 0]);
      });
    }

    test("calls that begin raise no alarm", { timeout: STARTS * 20_000 }, async (t) => {
      const { alarms, plaintext, sealed } = await run("starts", STARTS);
      t.diagnostic(`${STARTS} calls, at least ${Math.min(...sealed)} sealed frames each`);
      assert.deepEqual({ alarms, plaintext }, { alarms: 0, plaintext: 0 });
      assert.ok(sealed.every((count) => count > 20), `${sealed}`);
    });

    test("transforms that the worker was never told of are set anew", async (t) => {
      const { milliseconds, count, census, sealed } = await run("lost");
      t.diagnostic(`frames go again after ${Math.round(milliseconds)} ms`);
      assert.equal(sealed, 2);
      assert.equal(count, 4, "two were lost, and each is made again once");
      assert.ok(census.plaintext === 0 && census.sealed > 0, JSON.stringify(census));
    });

    // A connection of Firefox does not come back with another peer.
    test("a peer closes the connection, another follows: looked after as before", { skip: firefox }, async () => {
      const { before, after, streams } = await run("peer");
      assert.equal(before.plaintext + after.plaintext, 0);
      assert.ok(before.sealed > 20 && after.sealed > 20, JSON.stringify({ before, after }));
      assert.equal(streams, 2, "the next worker was told of both");
    });

    test("what is gone is let go; a track that comes back goes on counting", async () => {
      const { before, at, after, opening, sealing, last } = await run("departed");
      assert.ok(before.every((count, i) => count > 10 && at[i] >= count && after[i] > count), JSON.stringify({ before, at, after }));
      // 64 that are gone, and the two that are not; of the sealing side one of these is the last label.
      assert.deepEqual({ opening, sealing, last }, { opening: 66, sealing: 66, last: 1 });
    });

    test("its cost", async (t) => t.diagnostic(`getStats() of a sender: ${(await run("cost")).toFixed(2)} ms, not on the page's thread, 5 times a second`));

    test("nothing of this is written to the console", () => assert.deepEqual(lines(), []));
  });
}
