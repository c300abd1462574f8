// Calls via our SFU on Pion. It shows a picture only from a key frame on that it recognizes by bytes
// of the payload: the bytes that other SFUs read.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { test as testPion } from "../../harness/sfu/pion.mjs";
import { useServer } from "./sfu.mjs";

test("the SFU on Pion recognizes key frames by their bytes, and nothing else", () => testPion());

describe("calls via Pion", () => {
  const call = useServer("pion");

  for (const [codec, from, to] of [
    ["vp8", "chromium", "chromium"],
    ["vp9", "chromium", "firefox"],
    ["h264", "chromium", "chromium"],
    ["av1", "firefox", "chromium"],
  ]) {
    test(`${codec} via Pion, ${from} to ${to}`, () => call(codec, from, to));
  }

  test("Pion changes between three layers of vp8", async () => {
    const result = await call("vp8", "chromium", "firefox", { simulcast: true });
    assert.deepEqual(result.layers, ["960x540", "240x135", "480x270"]);
    assert.ok(
      result.sealed.video > result.opened.video,
      "one layer reached the receiver, and more were sealed",
    );
  });

  test("four members via Pion see and hear each other", async () => {
    const result = await call("vp8", "chromium", "chromium", { members: 4 });
    assert.deepEqual([result.members, result.unmet], [4, []]);
  });
});
