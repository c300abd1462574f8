// Recovery files: a device comes back from its file, in the same browser and in another.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { exportKeys, generate } from "../../target/js/worker/device-keys.js";
import * as argon2 from "../../target/glue/argon2.js";
import { eachBrowser, TOGETHER, usePage } from "./common.mjs";
import { progresses } from "./progress.mjs";
const LONG = { timeout: 240_000 };
const PASSWORD = "correct horse battery staple";
/** Recovery files by browser and kind of device, for the tests in the other browser. */
const files = {};

describe("recovery files", TOGETHER, () => {
  eachBrowser((name) => {
    const { run } = usePage(name, "recovery-file.html");

    for (const [kind, options] of Object.entries({
      hybrid: {},
      classic: { postQuantum: false },
      rsa: { legacy: "device" },
    })) {
      test(`a ${kind} device comes back from its recovery file`, LONG, async () => {
        const result = await run("recovery", options);
        files[`${name} ${kind}`] = result;
        assert.ok(result.again && result.gone && result.untouched);
        assert.deepEqual(result.refused, {
          "wrong password": "wrong-password",
          "no password": "bad-argument",
          "no file": "bad-argument",
          "not a file": "bad-container",
          "cut short": "bad-container",
          "salt changed": "wrong-password",
          "last byte changed": "bad-container",
          "later version": "unsupported-version",
        });
        const call = { data: true, shown: true };
        assert.deepEqual(result.call, call);
        assert.deepEqual(result.restored, {
          id: result.id,
          file: true,
          call,
          extractable: 0,
          twice: true,
        });
        progresses(result.progress);
      });
    }

    test(
      "a recovery file with private keys of another device is refused and changes nothing",
      LONG,
      async () => {
        assert.deepEqual(await run("mismatched", await mismatched()), {
          codes: ["mismatched-keys", "mismatched-keys"],
          made: false,
          kept: true,
        });
      },
    );

    test("a profile with another device refuses a recovery file", LONG, async () => {
      assert.deepEqual(await run("other device", files[`${name} hybrid`].file), {
        code: "device-exists",
        kept: true,
        none: "not-recoverable",
      });
    });
  });
});

describe("between browsers", () => {
  for (const [from, to] of [
    ["chromium", "firefox"],
    ["firefox", "chromium"],
  ]) {
    const { run } = usePage(to, "recovery-file.html");
    for (const kind of ["hybrid", "classic", "rsa"]) {
      test(`a ${kind} device of ${from} is restored in ${to}`, LONG, async (t) => {
        if (!files[`${from} ${kind}`]) return t.skip(`no file of ${from}`);
        const { id, file } = files[`${from} ${kind}`];
        const restored = await run("restore", { name: "moved", file });
        assert.deepEqual(
          [restored.id, restored.file, restored.extractable, restored.twice],
          [id, true, 0, true],
        );
      });
    }
  }
});

/** A recovery file: the bundle of one device and the private key of another. */
async function mismatched() {
  const [own, other] = [
    await generate({ postQuantum: true }, true),
    await generate({ postQuantum: true }, true),
  ];
  const payload = await exportKeys({
    ...own,
    signing: { publicKey: own.signing.publicKey, privateKey: other.signing.privateKey },
  });
  argon2.initSync({ module: readFileSync(new URL(import.meta.resolve("sealframe/argon2.wasm"))) });
  return [...argon2.seal(PASSWORD, payload, randomBytes(16))];
}
