// Calls between real browsers, every codec that both have, either side offering.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { launch } from "../../call/browsers.mjs";
import { converse } from "../../call/call.mjs";
import { serve } from "../../www/serve.mjs";

const root = new URL("../..", import.meta.url);

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

  test("red: Opus with its redundancy, sealed whole", async () => {
    const result = await call("chromium", "chromium", { audio: "red" });
    works(result, 22);
    assert.equal(result.codecs.audio, "red");
  });

  test("an application key and track labels; the capture is of sealed frames", async () => {
    const frames = [];
    works(await call("chromium", "chromium", { key: KEY, labels: LABELS, capture: (some) => frames.push(...some) }), 27);
    assert.deepEqual([...new Set(frames.map(({ kind, track }) => `${kind} ${track}`))].sort(), ["audio microphone", "video camera"]);
    assert.ok(frames.every(({ kid, wire }) => /^\d+$/.test(kid) && wire.length > 0));
  });

  test("npm run call: one line of JSON, and what it captured opens with the key and nothing of ours", async () => {
    const folder = await mkdtemp(join(tmpdir(), "sealframe-"));
    const file = join(folder, "capture.jsonl");
    try {
      const called = await node("call/main.mjs", "--json", "--seconds", "1", "--key", KEY, "--capture", file);
      assert.equal(called.code, 0, called.stderr);
      assert.equal(called.stdout.trim().split("\n").length, 1);
      const result = JSON.parse(called.stdout);
      works({ ...result, problems: [] }, 27);
      const { stdout, code } = await node("tests/node/independent.mjs", "--capture", file, "--key", KEY);
      assert.equal(code, 0, stdout);
      assert.ok(JSON.parse(stdout).opened.vp8 > 0 && JSON.parse(stdout).opened.opus > 0, stdout);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  test("npm run call: a wrong option is said, and nothing is started", async () => {
    for (const wrong of [["--codec", "mp3"], ["--from", "lynx"], ["--seconds", "no"], ["--key", "12"], ["--scenario", "none"], ["--audio", "red", "--via", "janus"], ["--loss", "none"], ["--disorder"], ["--bogus"]]) {
      const { code, stdout, stderr } = await node("call/main.mjs", ...wrong);
      assert.deepEqual([code, stdout], [2, ""], wrong.join(" "));
      assert.match(stderr, /npm run call/);
    }
  });

  for (const codec of CODECS.chromium.slice(1)) {
    test(`the tap notices plaintext ${codec}`, async () => {
      const result = await call("chromium", "chromium", { codec, plain: true });
      assert.ok(result.plaintextFrames > 20, `${result.plaintextFrames}`);
      assert.equal(result.opened.video + result.opened.audio + result.decoded.video, 0);
    });
  }
});

function node(...args) {
  return new Promise((done) => {
    execFile(process.execPath, args, { cwd: root, timeout: 600_000 }, (error, stdout, stderr) =>
      done({ code: error ? error.code : 0, stdout, stderr }),
    );
  });
}

function works(result, overhead) {
  const { sealed, opened, decoded } = result;
  // Few, since a machine under load makes few.
  for (const [what, count] of [sealed, opened, decoded].flatMap(Object.entries)) assert.ok(count >= 5, `${what}: ${JSON.stringify(result)}`);
  assert.ok(result.audioHeard, "no tone");
  assert.equal(result.plaintextFrames, 0);
  assert.equal(result.foreignFrames, 0);
  assert.ok(result.overheadBytes.audio <= overhead && result.overheadBytes.video <= 40, JSON.stringify(result.overheadBytes));
  assert.deepEqual(result.problems, []);
}
