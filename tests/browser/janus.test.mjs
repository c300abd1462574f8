// Calls by way of a real Janus videoroom: what a server that forwards media leaves of sealed frames.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { launch } from "../../call/browsers.mjs";
import { converse } from "../../call/call.mjs";
import { startJanus } from "../../call/janus.mjs";
import { serve } from "../../www/serve.mjs";

describe("calls by way of Janus", () => {
  let janus;
  let server;
  const browsers = {};
  before(async () => {
    janus = await startJanus();
    server = await serve({ connect: [janus.url] });
    const started = await Promise.all(["chromium", "firefox"].map((name) => launch(name)));
    started.forEach((browser) => (browsers[browser.name] = browser));
  });
  after(async () => {
    await Promise.all(Object.values(browsers).map((browser) => browser.close()));
    await server?.close();
    await janus?.close();
  });
  const call = (codec, from, to, options) => {
    const common = { codec, from, to, via: "janus", janus: janus.url, seconds: 1, labels: { video: "", audio: "" }, say: () => {} };
    return converse({ ...common, ...options }, server, browsers[from], browsers[to]);
  };

  test("vp8, chromium to chromium", async () => works(await call("vp8", "chromium", "chromium")));
  test("vp8, firefox to chromium", async () => works(await call("vp8", "firefox", "chromium")));
  test("vp9, firefox to firefox", async () => works(await call("vp9", "firefox", "firefox")));
  test("h264, chromium to chromium", async () => works(await call("h264", "chromium", "chromium")));
  test("av1, chromium to firefox", async () => works(await call("av1", "chromium", "firefox")));

  for (const from of ["chromium", "firefox"]) {
    test(`vp8 in three layers from ${from}, and changes between them`, async () => {
      const result = await call("vp8", from, "chromium", { simulcast: true });
      works(result);
      assert.deepEqual(result.layers, ["960x540", "240x135", "480x270"]);
      assert.ok(result.sealed.video > result.opened.video, "one layer reached the receiver, more were sealed");
    });
  }

  const scene = (scenario) => async (t) => {
    const result = await call("vp8", "chromium", "chromium", { scenario });
    t.diagnostic(`${result.gapMs} ms without media`);
    works(result);
    assert.ok(Number.isFinite(result.gapMs), "media came");
  };

  test("a subscriber comes later", scene("late"));
  test("a subscriber leaves and returns", scene("return"));
  test("a publisher loads its page again", scene("restart"));
});

function works(result) {
  const { sealed, opened, decoded } = result;
  for (const [what, count] of Object.entries({ ...sealed, ...opened, ...decoded })) assert.ok(count > 10, `${what}: ${JSON.stringify(result)}`);
  assert.equal(result.via, "janus");
  assert.ok(result.audioHeard, "no tone");
  assert.equal(result.plaintextFrames, 0);
  assert.equal(result.foreignFrames, 0);
  assert.deepEqual(result.problems, []);
}
