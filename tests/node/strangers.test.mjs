// When messages of a device that is not on the roster are reported.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Strangers } from "../../target/js/worker/strangers.js";

test("a stranger is reported if it is still there after ten seconds, and once in ten", () => {
  const strangers = new Strangers();
  const times = [0, 500, 9_999, 10_000, 10_500, 20_000];
  const reported = times.filter((time) => strangers.hear("mallory", time));
  assert.deepEqual(reported, [10_000, 20_000]);
});

test("each stranger has its own ten seconds", () => {
  const strangers = new Strangers();
  strangers.hear("mallory", 0);
  assert.equal(strangers.hear("trudy", 10_000), false);
  assert.equal(strangers.hear("mallory", 10_000), true);
});
