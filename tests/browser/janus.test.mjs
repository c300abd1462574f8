// Calls via a real Janus videoroom: sealed frames pass a server that forwards media.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { useServer } from "./sfu.mjs";

describe("calls via Janus", () => {
  const call = useServer("janus");

  for (const [codec, from, to] of [
    ["vp8", "chromium", "chromium"],
    ["vp8", "firefox", "chromium"],
    ["vp9", "firefox", "firefox"],
    ["h264", "chromium", "chromium"],
    ["av1", "chromium", "firefox"],
  ]) {
    test(`${codec} via Janus, ${from} to ${to}`, () => call(codec, from, to));
  }

  for (const from of ["chromium", "firefox"]) {
    test(`Janus changes between three layers of vp8 from ${from}`, async () => {
      const result = await call("vp8", from, "chromium", { simulcast: true });
      assert.deepEqual(result.layers, ["960x540", "240x135", "480x270"]);
      assert.ok(
        result.sealed.video > result.opened.video,
        "one layer reached the receiver, and more were sealed",
      );
    });
  }

  test("three members via Janus see and hear each other", async () => {
    const result = await call("vp8", "chromium", "firefox", { members: 3 });
    assert.deepEqual([result.members, result.unmet], [3, []]);
  });

  const plays = (scenario) => async (t) => {
    const result = await call("vp8", "chromium", "chromium", { scenario });
    t.diagnostic(`${result.gapMs} ms without media`);
    assert.ok(Number.isFinite(result.gapMs), "media came");
  };

  test("a member that joins a call via Janus late gets media", plays("late"));
  test("a member that leaves a call via Janus and returns gets media", plays("return"));
  test("a publisher whose page is reloaded sends media again via Janus", plays("restart"));
});
