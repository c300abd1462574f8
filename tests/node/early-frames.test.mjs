// Frames of an epoch that has not come yet: how long they wait, and how many.
import assert from "node:assert/strict";
import { test } from "node:test";
import { EarlyFrames } from "../../target/js/worker/early-frames.js";

/** Holds frames with these names, each at its time. */
function held(frames) {
  let now = 0;
  const early = new EarlyFrames(() => now);
  const surplus = frames.map(([frame, at]) => ((now = at), early.hold({ frame, emit() {} })));
  const take = (at) => {
    now = at;
    const { fresh, late } = early.take();
    return [fresh.map(({ frame }) => frame).join(""), late];
  };
  return { surplus, take };
}

test("frames come back in their order, once", () => {
  const { surplus, take } = held([
    ["a", 0],
    ["b", 20],
    ["c", 40],
  ]);
  assert.deepEqual(surplus, [0, 0, 0]);
  assert.deepEqual(take(60), ["abc", 0]);
  assert.deepEqual(take(60), ["", 0]);
});

test("a frame waits for 300 ms", () => {
  const { surplus, take } = held([
    ["a", 0],
    ["b", 100],
    ["c", 301],
  ]);
  assert.deepEqual(surplus, [0, 0, 1]);
  assert.deepEqual(take(401), ["c", 1]);
});

test("64 frames wait at most, and the oldest makes room", () => {
  const frames = Array.from({ length: 70 }, (_, i) => [String.fromCharCode(65 + i), i]);
  const { surplus, take } = held(frames);
  assert.equal(
    surplus.reduce((sum, one) => sum + one),
    6,
  );
  const [fresh] = take(100);
  assert.equal(fresh.length, 64);
  assert.equal(fresh[0], "G");
});
