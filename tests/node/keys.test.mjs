// The shipped JavaScript exports and imports a device's keys, against the vectors and against the
// second implementation.
import assert from "node:assert/strict";
import { test } from "node:test";
import { bundle, exportKeys, generate, importKeys } from "../../target/js/worker/device-keys.js";
import { hex, read, readPayload } from "../vectors/check.mjs";

const { subtle } = globalThis.crypto;
const KINDS = {
  1: { postQuantum: false, legacy: false },
  2: { postQuantum: true, legacy: false },
  3: { postQuantum: true, legacy: "device" },
};
const cases = read("recovery").cases.filter(({ device }) => device);

/** Fails unless private and public keys belong together. Only their use shows that. */
async function work({ rsa, signing }) {
  const message = Buffer.from("a message");
  const ecdsa = { name: "ECDSA", hash: "SHA-256" };
  const signature = await subtle.sign(ecdsa, signing.privateKey, message);
  assert.ok(await subtle.verify(ecdsa, signing.publicKey, signature, message));
  if (!rsa) return;
  const sealed = await subtle.encrypt("RSA-OAEP", rsa.publicKey, message);
  assert.deepEqual(Buffer.from(await subtle.decrypt("RSA-OAEP", rsa.privateKey, sealed)), message);
}

test("recovery payloads of every suite import as keys that cannot be exported", async () => {
  assert.deepEqual(
    cases.map(({ payload }) => hex(payload)[1]),
    [1, 2, 3],
  );
  for (const { payload, device } of cases) {
    const keys = await importKeys(new Uint8Array(hex(payload)));
    assert.equal(Buffer.from(await bundle(keys)).toString("hex"), device.bundle);
    await work(keys);
    for (const { privateKey } of [keys.rsa, keys.signing].filter(Boolean))
      assert.equal(privateKey.extractable, false);
  }
});

test("exported keys are read by the second implementation and import again", async () => {
  for (const [suite, kind] of Object.entries(KINDS)) {
    const keys = await generate(kind, true);
    const own = Buffer.from(await bundle(keys));
    const payload = await exportKeys(keys);
    const read = await readPayload(Buffer.from(payload));
    assert.deepEqual(
      [`${read.bundle[1]}`, read.bundle, Boolean(read.rsa)],
      [suite, own, suite === "3"],
    );
    assert.deepEqual(Buffer.from(await bundle(await importKeys(payload))), own);
  }
});

test("every invalid recovery payload is refused as bad-container", async () => {
  for (const { payload } of cases) {
    const whole = new Uint8Array(hex(payload));
    const changed = (at, byte) => whole.map((old, i) => (i === at ? byte : old));
    const wrong = [
      whole.subarray(0, 0),
      whole.subarray(0, 1),
      changed(0, 0),
      changed(0, 3),
      changed(0, 255),
      changed(1, 0),
      changed(1, 4),
    ];
    const front = whole[1] === 3 ? 323 : 67;
    wrong.push(
      ...[10, front - 1, front, front + 1, front + 2, front + 60].map((end) =>
        whole.subarray(0, end),
      ),
    );
    // Too long and too short.
    wrong.push(Uint8Array.of(...whole, 0), whole.subarray(0, -1));
    wrong.push(
      changed(front, 0xff),
      changed(front + 1, whole[front + 1] ^ 1),
      changed(front + 2, 0),
      changed(20, whole[20] ^ 1),
    );
    for (const [i, bytes] of wrong.entries())
      await assert.rejects(importKeys(bytes), { code: "bad-container" }, `${whole[1]}: ${i}`);
  }
});

test("a recovery payload with a private key of another device is refused", async () => {
  for (const kind of Object.values(KINDS)) {
    const [own, other] = [await generate(kind, true), await generate(kind, true)];
    const mixed = [{ ...own, signing: { ...own.signing, privateKey: other.signing.privateKey } }];
    if (own.rsa) mixed.push({ ...own, rsa: { ...own.rsa, privateKey: other.rsa.privateKey } });
    for (const keys of mixed)
      await assert.rejects(importKeys(await exportKeys(keys)), { code: "mismatched-keys" });
  }
});
