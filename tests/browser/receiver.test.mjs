// What a receiver opens, what it reports about frames that do not open, and how often.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { eachBrowser, TOGETHER, usePage } from "./common.mjs";
describe("receivers", TOGETHER, () => {
  eachBrowser((name) => {
    const firefox = name === "firefox";

    const { run, lines } = usePage(name, "receiver.html");

    test("with keys on both sides picture and tone arrive", async () => {
      const result = await run("keys on both sides");
      assert.ok(result.picture && result.tone, JSON.stringify(result));
    });

    test("with a wrong key nothing is decoded", async () => {
      const { decoded, dropped } = await run("wrong key");
      assert.equal(decoded, 0);
      assert.ok(dropped.video["unknown-key"] > 0, JSON.stringify(dropped));
    });

    test("open() on a receiver that already renders is refused in Chromium and ends its track", async () => {
      const { errors, state, decoded } = await run("opened too late");
      if (firefox) return assert.deepEqual([errors, decoded], [[""], 0]);
      assert.deepEqual([errors, state], [["not-protected"], "ended"]);
    });

    test("a stream reports its state at most twice a second, and its counters are exact", async () => {
      const { states, streams, milliseconds } = await run("keys that change too often");
      for (const kind of ["audio", "video"]) {
        const count = states.filter((state) => state.kind === kind).length;
        assert.ok(
          count >= 1 && count <= mostStates(milliseconds),
          `${kind}: ${count} in ${milliseconds} ms`,
        );
        const { frames, dropped } = streams.find((stream) => stream.kind === kind);
        assert.ok(frames > 0 && Object.values(dropped).some((count) => count > 0));
      }
    });

    test("a peer that does not seal is reported as not-sealed, and nothing is decoded", async () => {
      const { events, decoded, streams } = await run("a peer that does not seal");
      assert.equal(decoded, 0);
      for (const kind of ["audio", "video"]) {
        const last = events.filter((event) => event.kind === kind).at(-1);
        const { timeStamp, ...said } = last ?? {};
        assert.deepEqual(said, {
          kind,
          sender: "near",
          track: "camera",
          direction: "open",
          state: "not-sealed",
          code: "not-sealed",
        });
        const { dropped, frames } = streams.find((stream) => stream.kind === kind);
        assert.ok(dropped["not-sealed"] > 0 && frames === 0, JSON.stringify(dropped));
      }
    });

    test("a peer whose key is missing is not reported as not-sealed", async () => {
      const { events, decoded, streams } = await run("a peer whose key is missing");
      assert.equal(decoded, 0);
      assert.deepEqual(
        [...new Set(events.map(({ state, code }) => `${state} ${code}`))],
        ["waiting-for-key unknown-key"],
      );
      assert.ok(
        streams.every(({ dropped }) => !dropped["not-sealed"]),
        JSON.stringify(streams),
      );
    });

    test("frames opened as another sender's wait for a key and are not decoded", async () => {
      const { events, decoded } = await run("opened as another's");
      assert.equal(decoded, 0);
      assert.deepEqual(
        [...new Set(events.map(({ sender, state, code }) => `${sender} ${state} ${code}`))],
        ["third waiting-for-key unknown-key"],
      );
    });

    test("a flood of forged frames is counted exactly, with few events and a picture", async () => {
      const { picture, events, streams, given, milliseconds } = await run(
        "a flood of forged frames",
      );
      assert.ok(picture);
      for (const kind of ["audio", "video"]) {
        const { frames, dropped } = streams.find((stream) => stream.kind === kind);
        const { duplicate = 0, "too-old": old = 0, ...others } = dropped;
        const refused = Object.values(others).reduce((sum, count) => sum + count, 0);
        // If the browser repeats a frame, its forged copies are repeats too.
        assert.equal(
          frames + refused + duplicate + old,
          given[`open ${kind}`] + given[`forged ${kind}`],
          JSON.stringify({ given, dropped }),
        );
        // The first twenty come before any genuine frame, so their sender may not seal at all.
        const bent =
          others["authentication-failed"] +
          (others["not-sealed"] ?? 0) +
          (others["unknown-key"] ?? 0);
        assert.ok(
          bent >= frames * 20 && !(others["not-sealed"] > 20 || others["unknown-key"] > 20),
          JSON.stringify({ frames, dropped }),
        );
        const count = events.filter((event) => event.kind === kind).length;
        assert.ok(count <= mostStates(milliseconds), `${kind}: ${count} in ${milliseconds} ms`);
      }
    });

    test("nothing is written to the console", () => assert.deepEqual(lines(), []));
  });
});

/**
 * The most state events of one stream in this time: two a second, and one that a busy page handles
 * late.
 */
function mostStates(milliseconds) {
  return 1 + Math.ceil(milliseconds / 500);
}
