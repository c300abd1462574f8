// Calls via a real Janus videoroom: sealed frames pass a server that forwards media.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { launch } from "../../harness/browsers.mjs";
import { runCall, serveCall } from "../../call/call.mjs";
import { startJanus } from "../../harness/janus.mjs";

describe("calls via Janus", () => {
  let janus;
  let server;
  const browsers = {};
  before(async () => {
    janus = await startJanus();
    server = await serveCall({ janus: janus.url });
    const started = await Promise.all(["chromium", "firefox", "chromium"].map(launch));
    [browsers.chromium, browsers.firefox, browsers.third] = started;
  });
  after(async () => {
    await Promise.all(Object.values(browsers).map((browser) => browser.close()));
    await server?.close();
    await janus?.close();
  });
  const call = (codec, from, to, options) => {
    const common = {
      codec,
      from,
      to,
      via: "janus",
      seconds: 1,
      labels: { video: "", audio: "" },
      say: () => {},
    };
    const others = { b: browsers[to], c: browsers.third };
    const resources = { server, janus: janus.url, browsers: { a: browsers[from], ...others } };
    return runCall({ ...common, ...options }, resources);
  };

  test("vp8 via Janus, chromium to chromium", async () =>
    works(await call("vp8", "chromium", "chromium")));
  test("vp8 via Janus, firefox to chromium", async () =>
    works(await call("vp8", "firefox", "chromium")));
  test("vp9 via Janus, firefox to firefox", async () =>
    works(await call("vp9", "firefox", "firefox")));
  test("h264 via Janus, chromium to chromium", async () =>
    works(await call("h264", "chromium", "chromium")));
  test("av1 via Janus, chromium to firefox", async () =>
    works(await call("av1", "chromium", "firefox")));

  for (const from of ["chromium", "firefox"]) {
    test(`Janus changes between three layers of vp8 from ${from}`, async () => {
      const result = await call("vp8", from, "chromium", { simulcast: true });
      works(result);
      assert.deepEqual(result.layers, ["960x540", "240x135", "480x270"]);
      assert.ok(
        result.sealed.video > result.opened.video,
        "one layer reached the receiver, and more were sealed",
      );
    });
  }

  test("three members via Janus see and hear each other", async () => {
    const result = await call("vp8", "chromium", "firefox", { members: 3 });
    works(result);
    assert.deepEqual([result.members, result.unmet], [3, []]);
  });

  const plays = (scenario) => async (t) => {
    const result = await call("vp8", "chromium", "chromium", { scenario });
    t.diagnostic(`${result.gapMs} ms without media`);
    works(result);
    assert.ok(Number.isFinite(result.gapMs), "media came");
  };

  test("a member that joins a call via Janus late gets media", plays("late"));
  test("a member that leaves a call via Janus and returns gets media", plays("return"));
  test("a publisher whose page is reloaded sends media again via Janus", plays("restart"));
});

function works(result) {
  const { sealed, opened, decoded } = result;
  for (const [what, count] of Object.entries({ ...sealed, ...opened, ...decoded }))
    assert.ok(count > 10, `${what}: ${JSON.stringify(result)}`);
  assert.equal(result.via, "janus");
  assert.ok(result.audioHeard, "no tone");
  assert.equal(result.plaintextFrames, 0);
  assert.equal(result.foreignFrames, 0);
  assert.deepEqual(result.problems, []);
}
