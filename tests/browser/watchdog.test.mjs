// The watchdog: a real leak ends within a second.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { eachBrowser, TOGETHER, usePage } from "./common.mjs";
/** Milliseconds from the leak to its end on an idle machine. */
const GOAL = 1000;

describe("the watchdog", TOGETHER, () => {
  eachBrowser((name) => {
    const firefox = name === "firefox";
    const { run, lines } = usePage(name, "watchdog.html");

    for (const kind of ["video", "audio"]) {
      test(`plaintext of leaking ${kind} reaches the far side and is stopped`, async (t) => {
        const { errors, heard, census, after, state, tracks } = await run("leak", kind);
        const barks = heard.filter((event) => event.type === "leak-stopped" && event.kind === kind);
        t.diagnostic(
          `${census.plaintext} plaintext frames; stopped after ${Math.round(barks[0]?.at)} ms (goal ${GOAL})`,
        );
        assert.deepEqual(errors, ["", ""], "nobody noticed when it was wired");
        assert.ok(census.plaintext > 0, JSON.stringify(census));
        assert.equal(barks.length, 1);
        const { code, sender, track, real } = barks[0];
        assert.deepEqual(
          { code, sender, track, real },
          { code: "leak-stopped", sender: "near", track: "leaky", real: true },
        );
        assert.equal(after.plaintext, 0, JSON.stringify(after));
        assert.equal(tracks[kind === "audio" ? 0 : 1], true, "its track is gone");
        const stopped = { kind, state: "failing", code: "leak-stopped" };
        assert.deepEqual(
          state.find((stream) => stream.kind === kind),
          stopped,
        );
        // In Chromium the whole connection leaks, in Firefox one sender.
        assert.equal(state.filter(({ code }) => code === "leak-stopped").length, firefox ? 1 : 2);
      });
    }

    test("one leaking layer of a simulcast is stopped, and padded layers raise no alarm", {
      timeout: 240_000,
    }, async (t) => {
      const { layers, calm, padding, leaked, after, milliseconds, ...end } = await run("layers");
      t.diagnostic(
        `${padding} packets of padding without a key; stopped after ${Math.round(milliseconds)} ms, ${leaked} packets`,
      );
      assert.equal(layers, 3);
      assert.equal(calm, 0, "no alarm before");
      assert.ok(padding > 20, `${padding} packets`); // or the test would show nothing
      assert.ok(leaked > 5, `${leaked} packets`);
      assert.equal(after, 0);
      assert.deepEqual(end, { barks: 1, gone: true, state: "failing", code: "leak-stopped" });
    });

    // Only a connected sender can play tones, and Firefox refuses seal() on a connected sender.
    for (const deaf of [false, true]) {
      test(`a tone that plays while seal() is called is found by ${deaf ? "its bytes" : "its event"}`, {
        skip: firefox,
      }, async (t) => {
        const { errors, stops, milliseconds, plaintext, after } = await run("tone", deaf);
        t.diagnostic(`${plaintext} plaintext frames; stopped after ${Math.round(milliseconds)} ms`);
        assert.deepEqual([errors, stops, after], [["", ""], ["audio leak-stopped"], 0]);
      });
    }

    test("nothing is written to the console", () => assert.deepEqual(lines(), []));
  });
});
