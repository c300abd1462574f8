// Calls via our SFU on werift, whose WebRTC shares no code with browsers, Janus or Pion.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { useServer } from "./sfu.mjs";

describe("calls via werift", () => {
  const call = useServer("werift");

  for (const [codec, from, to] of [
    ["vp9", "chromium", "chromium"],
    ["h264", "chromium", "chromium"],
    ["av1", "chromium", "firefox"],
  ]) {
    test(`${codec} via werift, ${from} to ${to}`, () => call(codec, from, to));
  }

  test("three members via werift see and hear each other", async () => {
    const result = await call("vp8", "firefox", "chromium", { members: 3 });
    assert.deepEqual([result.members, result.unmet], [3, []]);
  });
});
