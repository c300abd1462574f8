// Calls via our SFU on str0m, which makes frames of RTP and packetizes them again. Only `npm run
// test:long` runs them.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { useServer } from "./sfu.mjs";

const skip = !process.env.SEALFRAME_LONG && "npm run test:long";

describe("calls via str0m", { skip }, () => {
  const call = useServer("str0m");

  for (const [codec, from, to] of [
    ["vp8", "chromium", "firefox"],
    ["vp9", "chromium", "chromium"],
    ["h264", "chromium", "chromium"],
    ["av1", "chromium", "chromium"],
  ]) {
    test(`${codec} via str0m, ${from} to ${to}`, () => call(codec, from, to));
  }

  test("str0m changes between three layers of vp8", async () => {
    const result = await call("vp8", "chromium", "chromium", { simulcast: true });
    assert.deepEqual(result.layers, ["960x540", "240x135", "480x270"]);
  });
});
