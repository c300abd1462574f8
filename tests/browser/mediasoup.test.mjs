// Calls via mediasoup with the real mediasoup-client. Only `npm run test:long` runs them: the worker
// takes minutes to build.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { describe, test } from "node:test";
import { promisify } from "node:util";
import { isAllowed } from "../../harness/network.mjs";
import { useServer } from "./sfu.mjs";

const skip = !process.env.SEALFRAME_LONG && "npm run test:long";
const alone = isAllowed() ? false : "network namespaces are not allowed here, or this is not root";
const root = new URL("../..", import.meta.url);

describe("calls via mediasoup", { skip }, () => {
  const call = useServer("mediasoup", ["chromium"]);

  for (const codec of ["vp8", "vp9", "h264", "av1"])
    test(`${codec} via mediasoup`, () => call(codec, "chromium", "chromium"));

  test("mediasoup changes between three layers of vp8", async () => {
    const result = await call("vp8", "chromium", "chromium", { simulcast: true });
    assert.deepEqual(result.layers, ["960x540", "240x135", "480x270"]);
  });

  test("vp8 via mediasoup, chromium to firefox", { skip: alone }, async () => {
    const args = ["call/main.mjs", "--json", "--via", "mediasoup", "--to", "firefox"];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root });
    assert.ok(JSON.parse(stdout).decoded.video > 10, stdout);
  });
});
