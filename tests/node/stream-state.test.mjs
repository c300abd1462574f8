// A sealed stream's state withstands a few refused frames, and those that a server makes up.
import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { StreamState } from "../../target/js/worker/stream-state.js";

let now;
let reports;
let state;

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
  [now, reports] = [1000, []];
  state = new StreamState(
    (name, code) => reports.push(`${name} ${code}`.trim()),
    () => now,
  );
});

/** Drops frames of 20 milliseconds each. */
function drop(frames, code) {
  for (let i = 0; i < frames; i++) {
    state.drop(code);
    pass(20);
  }
}

function pass(ms) {
  now += ms;
  mock.timers.tick(ms);
}

function accept() {
  state.accept();
  pass(1000);
}

test("fifty frames that a server makes up at a mute change no state", () => {
  accept();
  drop(50, "unknown-key");
  accept();
  assert.deepEqual(reports, ["sealed"]);
});

test("the state waits for a key once frames lack it for two seconds", () => {
  accept();
  drop(99, "unknown-key");
  assert.deepEqual(reports, ["sealed"]);
  drop(30, "unknown-key");
  assert.deepEqual(reports, ["sealed", "waiting-for-key unknown-key"]);
});

test("a stream that was never sealed waits for its key at once", () => {
  drop(1, "unknown-key");
  assert.deepEqual(reports, ["waiting-for-key unknown-key"]);
});

test("frames of a removed key change the state after five frames", () => {
  accept();
  drop(4, "untrusted-key");
  pass(600);
  assert.deepEqual(reports, ["sealed"]);
  drop(1, "untrusted-key");
  pass(600);
  assert.deepEqual(reports, ["sealed", "waiting-for-key untrusted-key"]);
});
