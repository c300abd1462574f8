// No secret leaves the worker, and none stays in the page.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { describe, test } from "node:test";
import { eachBrowser, TOGETHER, usePage } from "./common.mjs";
describe("secrets", TOGETHER, () => {
  eachBrowser((name) => {
    const { run } = usePage(name, "secrets.html");

    test("only the bytes of a view are sent, not its whole buffer, and no key stays in the page", async () => {
      const { count, around, opened, restored, kept, large, roster } = await run("views");
      assert.ok(count > 15, `${count} arrays of bytes`);
      assert.deepEqual(around, [], "an array of bytes with others around it");
      assert.deepEqual(opened, Array(10).fill(7));
      assert.equal(restored, "bad-container");
      const types = ["keys", "keys", "sealData", "openData", "keys"];
      assert.deepEqual(
        kept,
        types.map((type) => [type, 0]),
        "bytes that stay in the page",
      );
      assert.equal(large, 16 << 20);
      assert.ok(roster, "another worker gets the roster as it was set");
    });

    test("no message, event, error, statistic or report contains a secret", async () => {
      const { picture, findings, control, count, reported } = await run("secrets", [
        ...randomBytes(32),
      ]);
      assert.ok(picture && control && count > 20, `${count} things said`);
      assert.deepEqual(findings, []);
      assert.doesNotMatch(JSON.stringify(reported), /\b(near|far|secrets)\b|127\.0\.0\.1/);
      assert.match(reported.platform, /Chrome|Firefox/);
      assert.ok(reported.support.supported && reported.seconds >= 0, JSON.stringify(reported));
      const codecs = reported.streams.map(({ kind, codec }) => [kind, codec]).sort();
      assert.deepEqual(codecs, [
        ["audio", "audio/opus"],
        ["video", "video/VP8"],
      ]);
      const states = reported.events.map(({ event, state }) => `${event} ${state}`);
      assert.ok(states.includes("state sealed"), states.join());
    });
  });
});
