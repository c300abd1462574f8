// Calls between real browsers: every codec that both have, either side offering, two members or
// more.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { launch } from "../../harness/browsers.mjs";
import { runCall, serveCall } from "../../call/call.mjs";

const root = new URL("../..", import.meta.url);

const KEY = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
const LABELS = { video: "camera", audio: "microphone" };
const NONE = { video: "", audio: "" };
const CODECS = { chromium: ["vp8", "vp9", "h264", "av1"], firefox: ["vp8", "vp9", "av1"] };

describe("calls", () => {
  let server;
  const browsers = {};
  before(async () => {
    server = await serveCall();
    const started = await Promise.all(Object.keys(CODECS).map((name) => launch(name)));
    started.forEach((browser) => (browsers[browser.name] = browser));
  });
  after(async () => {
    await Promise.all(Object.values(browsers).map((browser) => browser.close()));
    await server?.close();
  });
  const call = (from, to, options, more = {}) => {
    const common = {
      codec: "vp8",
      via: "direct",
      seconds: 1,
      labels: NONE,
      say: () => {},
      ...options,
    };
    const members = { a: browsers[from], b: browsers[to], ...more };
    return runCall({ ...common, from, to }, { server, browsers: members });
  };

  for (const [from, to] of [
    ["chromium", "chromium"],
    ["chromium", "firefox"],
    ["firefox", "chromium"],
    ["firefox", "firefox"],
  ]) {
    test(`vp8 with device keys, ${from} to ${to}`, async () => works(await call(from, to, {}), 22));
  }

  for (const codec of CODECS.chromium.slice(1)) {
    const to = CODECS.firefox.includes(codec) ? "firefox" : "chromium";
    test(`${codec} with device keys, chromium to ${to}`, async () =>
      works(await call("chromium", to, { codec }), 22));
  }

  test("three members in Chromium and Firefox see and hear each other in a mesh", async (t) => {
    const third = await launch("chromium");
    t.after(() => third.close());
    const result = await call("chromium", "firefox", { members: 3 }, { c: third });
    works(result, 22);
    assert.deepEqual([result.members, result.unmet], [3, []]);
  });

  test("RED carries Opus with its redundancy, and is sealed as a whole", async () => {
    const result = await call("chromium", "chromium", { audio: "red" });
    works(result, 22);
    assert.equal(result.codecs.audio, "red");
  });

  test("a call with an application key and track labels captures only sealed frames", async () => {
    const frames = [];
    works(
      await call("chromium", "chromium", {
        key: KEY,
        labels: LABELS,
        capture: (some) => frames.push(...some),
      }),
      27,
    );
    assert.deepEqual([...new Set(frames.map(({ kind, track }) => `${kind} ${track}`))].sort(), [
      "audio microphone",
      "video camera",
    ]);
    assert.ok(frames.every(({ kid, wire }) => /^\d+$/.test(kid) && wire.length > 0));
  });

  test("npm run call prints one line of JSON, and its capture opens without our code", async () => {
    const folder = await mkdtemp(join(tmpdir(), "sealframe-"));
    const file = join(folder, "capture.jsonl");
    try {
      const called = await node(
        "call/main.mjs",
        "--json",
        "--seconds",
        "1",
        "--key",
        KEY,
        "--capture",
        file,
      );
      assert.equal(called.code, 0, called.stderr);
      assert.equal(called.stdout.trim().split("\n").length, 1);
      const result = JSON.parse(called.stdout);
      works({ ...result, problems: [] }, 27);
      const { stdout, code } = await node(
        "tests/node/independent.mjs",
        "--capture",
        file,
        "--key",
        KEY,
      );
      assert.equal(code, 0, stdout);
      assert.ok(JSON.parse(stdout).opened.vp8 > 0 && JSON.parse(stdout).opened.opus > 0, stdout);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  test("npm run call refuses a wrong option and starts nothing", async () => {
    for (const wrong of [
      ["--codec", "mp3"],
      ["--from", "lynx"],
      ["--seconds", "no"],
      ["--key", "12"],
      ["--scenario", "none"],
      ["--audio", "red", "--via", "janus"],
      ["--loss", "none"],
      ["--members", "1"],
      ["--members", "7"],
      ["--members", "2.5"],
      ["--scenario", "leave", "--key", KEY],
      ["--rtt", "0"],
      ["--rtt", "200", "--scenario", "late"],
      ["--rtt", "200", "--via", "janus"],
      ["--via", "nowhere"],
      ["--via", "whip"],
      ["--via", "whip=http://127.0.0.1/whip"],
      ["--via", "janus=ws://127.0.0.1"],
      ["--simulcast", "--via", "direct"],
      ["--disorder"],
      ["--bogus"],
    ]) {
      const { code, stdout, stderr } = await node("call/main.mjs", ...wrong);
      assert.deepEqual([code, stdout], [2, ""], wrong.join(" "));
      assert.match(stderr, /npm run call/);
    }
  });

  for (const codec of CODECS.chromium.slice(1)) {
    test(`the tap counts ${codec} without sealing as plaintext`, async () => {
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
  // The bound is low, because a busy machine makes few frames.
  for (const [what, count] of [sealed, opened, decoded].flatMap(Object.entries))
    assert.ok(count >= 5, `${what}: ${JSON.stringify(result)}`);
  assert.ok(result.audioHeard, "no tone");
  assert.equal(result.plaintextFrames, 0);
  assert.equal(result.foreignFrames, 0);
  assert.ok(
    result.overheadBytes.audio <= overhead && result.overheadBytes.video <= 40,
    JSON.stringify(result.overheadBytes),
  );
  assert.deepEqual(result.problems, []);
}
