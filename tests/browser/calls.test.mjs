// Calls between real browsers, every codec that both have, either side offering.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { launch } from "../../call/browsers.mjs";
import { converse } from "../../call/call.mjs";
import { serve } from "../../www/serve.mjs";

const KEY = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
const LABELS = { video: "camera", audio: "microphone" };
const NONE = { video: "", audio: "" };
const CODECS = { chromium: ["vp8", "vp9", "h264", "av1"], firefox: ["vp8", "vp9", "av1"] };

describe("calls", () => {
  let server;
  const browsers = {};
  before(async () => {
    server = await serve();
    const started = await Promise.all(Object.keys(CODECS).map((name) => launch(name)));
    started.forEach((browser) => (browsers[browser.name] = browser));
  });
  after(async () => {
    await Promise.all(Object.values(browsers).map((browser) => browser.close()));
    await server?.close();
  });
  const call = (from, to, options) => {
    const common = { codec: "vp8", via: "direct", seconds: 1, labels: NONE, say: () => {}, ...options };
    return converse({ ...common, from, to }, server, browsers[from], browsers[to]);
  };

  for (const [from, to] of [["chromium", "chromium"], ["chromium", "firefox"], ["firefox", "chromium"], ["firefox", "firefox"]]) {
    test(`${from} to ${to}: device keys`, async () => works(await call(from, to, {}), 22));
  }

  for (const codec of CODECS.chromium.slice(1)) {
    const to = CODECS.firefox.includes(codec) ? "firefox" : "chromium";
    test(`chromium to ${to}: ${codec}`, async () => works(await call("chromium", to, { codec }), 22));
  }

  test("an application key and track labels; the capture is of sealed frames", async () => {
    const frames = [];
    works(await call("chromium", "chromium", { key: KEY, labels: LABELS, capture: (some) => frames.push(...some) }), 27);
    assert.deepEqual([...new Set(frames.map(({ kind, track }) => `${kind} ${track}`))].sort(), ["audio microphone", "video camera"]);
    assert.ok(frames.every(({ kid, wire }) => /^\d+$/.test(kid) && wire.length > 0));
  });

  for (const codec of CODECS.chromium.slice(1)) {
    test(`the tap notices plaintext ${codec}`, async () => {
      const result = await call("chromium", "chromium", { codec, plain: true });
      assert.ok(result.plaintextFrames > 20, `${result.plaintextFrames}`);
      assert.equal(result.opened.video + result.opened.audio + result.decoded.video, 0);
    });
  }
});

function works(result, overhead) {
  const { sealed, opened, decoded } = result;
  // Few, since a machine under load makes few.
  for (const [what, count] of [sealed, opened, decoded].flatMap(Object.entries)) assert.ok(count >= 5, `${what}: ${JSON.stringify(result)}`);
  assert.ok(result.audioHeard, "no tone");
  assert.equal(result.plaintextFrames, 0);
  assert.ok(result.overheadBytes.audio <= overhead && result.overheadBytes.video <= 40, JSON.stringify(result.overheadBytes));
  assert.deepEqual(result.problems, []);
}
