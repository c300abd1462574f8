// A device's keys on their way into and out of a recovery container, as the shipped JavaScript moves
// them: against the vectors, and against the second implementation.
import assert from "node:assert/strict";
import { test } from "node:test";
import { bundle, exportKeys, generate, importKeys } from "../../js/keys.js";
import { hex, read, readPayload } from "../vectors/check.mjs";

const { subtle } = globalThis.crypto;
const KINDS = {
  1: { postQuantum: false, legacy: false },
  2: { postQuantum: true, legacy: false },
  3: { postQuantum: true, legacy: "device" },
};
const cases = read("recovery").cases.filter(({ device }) => device);

/** Whether the private keys are those of the public ones beside them; what they do is all one can see of them. */
async function work({ rsa, signing }) {
  const message = Buffer.from("a message");
  const ecdsa = { name: "ECDSA", hash: "SHA-256" };
  const signature = await subtle.sign(ecdsa, signing.privateKey, message);
  assert.ok(await subtle.verify(ecdsa, signing.publicKey, signature, message));
  if (!rsa) return;
  const sealed = await subtle.encrypt("RSA-OAEP", rsa.publicKey, message);
  assert.deepEqual(Buffer.from(await subtle.decrypt("RSA-OAEP", rsa.privateKey, sealed)), message);
}

test("payloads of the vectors are read, of every suite; no key comes out again", async () => {
  assert.deepEqual(cases.map(({ payload }) => hex(payload)[1]), [1, 2, 3]);
  for (const { payload, device } of cases) {
    const keys = await importKeys(new Uint8Array(hex(payload)));
    assert.equal(Buffer.from(await bundle(keys)).toString("hex"), device.bundle);
    await work(keys);
    for (const { privateKey } of [keys.rsa, keys.signing].filter(Boolean)) assert.equal(privateKey.extractable, false);
  }
});

test("what is written, the second implementation reads, and so do we", async () => {
  for (const [suite, kind] of Object.entries(KINDS)) {
    const keys = await generate(kind, true);
    const own = Buffer.from(await bundle(keys));
    const payload = await exportKeys(keys);
    const read = await readPayload(Buffer.from(payload));
    assert.deepEqual([`${read.bundle[1]}`, read.bundle, Boolean(read.rsa)], [suite, own, suite === "3"]);
    assert.deepEqual(Buffer.from(await bundle(await importKeys(payload))), own);
  }
});

test("what is no payload has one code", async () => {
  for (const { payload } of cases) {
    const whole = new Uint8Array(hex(payload));
    const changed = (at, byte) => whole.map((old, i) => (i === at ? byte : old));
    const wrong = [whole.subarray(0, 0), whole.subarray(0, 1), changed(0, 0), changed(0, 3), changed(0, 255), changed(1, 0), changed(1, 4)];
    const front = whole[1] === 3 ? 323 : 67;
    wrong.push(...[10, front - 1, front, front + 1, front + 2, front + 60].map((end) => whole.subarray(0, end)));
    // More than there should be, and less.
    wrong.push(Uint8Array.of(...whole, 0), whole.subarray(0, -1));
    wrong.push(changed(front, 0xff), changed(front + 1, whole[front + 1] ^ 1), changed(front + 2, 0), changed(20, whole[20] ^ 1));
    for (const [i, bytes] of wrong.entries())
      await assert.rejects(importKeys(bytes), { code: "bad-container" }, `${whole[1]}: ${i}`);
  }
});
