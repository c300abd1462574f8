// `npm run call -- --loss N`: real calls in a network that loses, repeats and delays datagrams.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { describe, test } from "node:test";
import { isAllowed } from "../../harness/network.mjs";
import { sleep } from "../../harness/sleep.js";

const root = new URL("../..", import.meta.url);
const LIMIT = 600_000;
/** Environment variable of all processes that a command starts. */
const MARK = "SEALFRAME_TEST_MARK";

const skip = isAllowed() ? false : "network namespaces are not allowed here, or this is not root";

describe("calls on a bad network", { skip }, () => {
  test("media recovers from 20 % of datagrams lost and others repeated or late", async (t) => {
    const result = await call("--loss", "20", "--disorder", "--seconds", "4");
    heals(result, t);
    const { loss } = result;
    assert.deepEqual([loss.percent, loss.disorder], [20, true]);
    for (const what of ["duplicated", "delayed", "lateFrames"])
      assert.ok(loss[what] > 0, `${what}: ${JSON.stringify(loss)}`);
  });

  test("media via Janus recovers from 5 % of datagrams lost", async (t) => {
    const result = await call("--loss", "5", "--seconds", "3", "--via", "janus", "--to", "firefox");
    heals(result, t);
    assert.deepEqual(
      [result.loss.percent, result.loss.disorder, result.loss.duplicated],
      [5, false, 0],
    );
  });

  test("an interrupted call leaves no process and no network behind", async () => {
    const command = start("--loss", "5", "--seconds", "60");
    await command.says(/datagrams are lost/);
    assert.ok(marked(command.mark).length > 1);
    command.child.kill("SIGINT");
    assert.notEqual((await command.ended).code, 0);
    for (let i = 0; i < 1200 && marked(command.mark).length > 0; i++) await sleep(50);
    assert.deepEqual(marked(command.mark), []);
  });
});

function heals(result, t) {
  const { sealed, opened, decoded, loss } = result;
  for (const [what, count] of [sealed, opened, decoded].flatMap(Object.entries))
    assert.ok(count >= 10, `${what}: ${JSON.stringify(result)}`);
  assert.ok(loss.dropped > 0, "datagrams were lost");
  assert.deepEqual(loss.stalled, []);
  t.diagnostic(`pictures were back after ${loss.recoveredMs} ms`);
  assert.equal(typeof loss.recoveredMs, "number");
  assert.deepEqual([result.plaintextFrames, result.foreignFrames, result.audioHeard], [0, 0, true]);
  // A frame that lost a part does not arrive, so no frame fails to authenticate. The sender drops
  // frames until the page has named its payload types, and the receiver drops frames until it has a
  // key.
  assert.deepEqual(
    Object.keys(result.dropped).filter(
      (code) =>
        !["duplicate", "too-old", "no-key", "unknown-key", "unknown-payload-type"].includes(code),
    ),
    [],
  );
}

async function call(...options) {
  const { stdout, stderr } = await start("--json", ...options).ended;
  assert.match(stdout, /^{.*}\n$/, stderr);
  return JSON.parse(stdout);
}

function start(...options) {
  const mark = randomUUID();
  const env = { ...process.env, [MARK]: mark };
  const child = spawn(process.execPath, ["call/main.mjs", ...options], {
    cwd: root,
    env,
    timeout: LIMIT,
  });
  const said = { stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"])
    child[stream].on("data", (data) => (said[stream] += data));
  const ended = new Promise((done) => child.once("close", (code) => done({ code, ...said })));
  return {
    child,
    mark,
    ended,
    says: (pattern) => until(child.stderr, () => pattern.test(said.stderr), ended),
  };
}

/** Waits until `isSo` holds. It fails if the command ends first. */
function until(stream, isSo, ended) {
  return new Promise((done, failed) => {
    stream.on("data", () => isSo() && done());
    ended.then(({ stderr }) => failed(new Error(stderr)));
  });
}

/** Processes that this command started, directly or not. */
function marked(mark) {
  const ids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return ids.filter((id) => environment(id).includes(`${MARK}=${mark}`));
}

function environment(id) {
  try {
    return readFileSync(`/proc/${id}/environ`, "utf8");
  } catch {
    return "";
  }
}
