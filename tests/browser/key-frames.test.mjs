// Requests for key frames: by a receiver that lacks one, and for a member that joins.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { eachBrowser, TOGETHER, usePage } from "./common.mjs";
/** At most 5 requests of a receiver for one key frame. */
const REQUESTS = 5;

describe("key frames", TOGETHER, () => {
  eachBrowser((name) => {
    const { run, lines } = usePage(name, "key-frames.html");

    test("after a late key the receiver requests a key frame and shows a picture", async (t) => {
      const { early, picture, milliseconds, states, keyFrameRequests } =
        await run("a key that comes late");
      assert.equal(early, 0);
      assert.ok(picture);
      t.diagnostic(
        `a picture after ${Math.round(milliseconds)} ms and ${keyFrameRequests} requests`,
      );
      assert.ok(
        keyFrameRequests >= 1 && keyFrameRequests <= REQUESTS,
        `${keyFrameRequests} requests`,
      );
      assert.ok(
        states.includes("video waiting-for-key") && states.at(-1).endsWith("sealed"),
        states.join(),
      );
    });

    test("a lost key-frame request is repeated at most five times", async (t) => {
      const result = await run("key-frame requests that are lost");
      t.diagnostic(JSON.stringify(result));
      const { once, none, again } = result;
      assert.ok(once >= 2 && once <= REQUESTS, `${once} requests where one was lost`);
      assert.equal(none, REQUESTS);
      assert.ok(again);
    });

    test("a sender makes a key frame for a joiner, and none for a new key", async () => {
      const { rotated, joined, made } = await run("key frames of a sender");
      assert.deepEqual({ rotated, joined }, { rotated: 0, joined: 1 });
      assert.ok(made >= 1, `${made} key frames`);
    });

    test("nothing is written to the console", () => assert.deepEqual(lines(), []));
  });
});
