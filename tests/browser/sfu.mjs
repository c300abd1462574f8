// A media server, and browsers that call via it.
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { launch } from "../../harness/browsers.mjs";
import { startServer } from "../../harness/sfu/index.mjs";
import { runCall, serveCall } from "../../call/call.mjs";

/**
 * In a `describe`: starts a server before the tests, and one browser of each kind.
 * @param {string} via @param {("chromium" | "firefox")[]} [kinds]
 * @returns a function that makes a call via the server
 */
export function useServer(via, kinds = ["chromium", "firefox"]) {
  const used = { browsers: {} };
  before(async () => {
    used.sfu = await startServer(via);
    used.server = await serveCall({ sfu: used.sfu });
    const started = await Promise.all(kinds.map((name) => launch(name)));
    for (const browser of started) used.browsers[browser.name] = browser;
  });
  after(async () => {
    await Promise.all(Object.values(used.browsers).map((browser) => browser.close()));
    await used.server?.close();
    await used.sfu?.close();
  });
  const labels = { video: "camera", audio: "microphone" };
  return async (codec, from, to, options) => {
    const { sfu, server } = used;
    const other = used.browsers[to];
    const browsers = { a: used.browsers[from], b: other, c: other, d: other };
    const common = { codec, from, to, via, seconds: 1, labels, say: () => {} };
    const result = await runCall({ ...common, ...options }, { server, sfu, browsers });
    works(result, via);
    return result;
  };
}

function works(result, via) {
  const { sealed, opened, decoded } = result;
  // The bound is low, because a busy machine makes few frames.
  for (const [what, count] of Object.entries({ ...sealed, ...opened, ...decoded }))
    assert.ok(count > 10, `${what}: ${JSON.stringify(result)}`);
  assert.equal(result.via, via);
  assert.ok(result.audioHeard, "no tone");
  assert.equal(result.plaintextFrames, 0);
  assert.equal(result.foreignFrames, 0);
  assert.deepEqual(result.problems, []);
}
