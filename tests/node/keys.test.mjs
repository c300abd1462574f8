// A device's keys on their way into and out of a recovery container, as the shipped JavaScript moves
// them: against the vectors, and against the second implementation.
import assert from "node:assert/strict";
import { test } from "node:test";
import { initSync } from "../../target/glue/core.js";
import { bundle, exportKeys, generate, importKeys } from "../../js/keys.js";
import { hex, read, readPayload } from "../vectors/check.mjs";
import { wasm } from "./core.mjs";

const { subtle } = globalThis.crypto;
const KINDS = {
  1: { postQuantum: false, legacy: false },
  2: { postQuantum: true, legacy: false },
  3: { postQuantum: true, legacy: "device" },
};
const cases = read("recovery").cases.filter(({ device }) => device);

// js/keys.js has the core's glue for its own, as it is bundled.
initSync({ module: wasm });

/** Whether the private keys are those of the public ones beside them; what they do is all one can see of them. */
async function work({ agreement, signing }) {
  const message = Buffer.from("a message");
  const ecdsa = { name: "ECDSA", hash: "SHA-256" };
  const signature = await subtle.sign(ecdsa, signing.privateKey, message);
  assert.ok(await subtle.verify(ecdsa, signing.publicKey, signature, message));
  if (agreement.publicKey.algorithm.name === "RSA-OAEP") {
    const sealed = await subtle.encrypt("RSA-OAEP", agreement.publicKey, message);
    assert.deepEqual(Buffer.from(await subtle.decrypt("RSA-OAEP", agreement.privateKey, sealed)), message);
    return;
  }
  const other = await subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, false, ["deriveBits"]);
  const agree = (privateKey, publicKey) => subtle.deriveBits({ name: "ECDH", public: publicKey }, privateKey, 256);
  const secrets = [await agree(agreement.privateKey, other.publicKey), await agree(other.privateKey, agreement.publicKey)];
  assert.deepEqual(...secrets);
}

test("payloads of the vectors are read, of every version; no key comes out again", async () => {
  assert.deepEqual(cases.map(({ payload }) => hex(payload)[0]), [1, 2, 3]);
  for (const { payload, device } of cases) {
    const keys = await importKeys(new Uint8Array(hex(payload)));
    assert.equal(Buffer.from(await bundle(keys)).toString("hex"), device.bundle);
    assert.equal(Buffer.from(keys.seed ?? []).toString("hex"), device.seed);
    await work(keys);
    for (const { privateKey } of [keys.agreement, keys.signing]) assert.equal(privateKey.extractable, false);
  }
});

test("what is written, the second implementation reads, and so do we", async () => {
  for (const [version, kind] of Object.entries(KINDS)) {
    const keys = await generate(kind, true);
    const own = Buffer.from(await bundle(keys));
    const [seed, payload] = [Buffer.from(keys.seed ?? []), await exportKeys(keys)];
    const read = await readPayload(Buffer.from(payload));
    assert.deepEqual([`${read.bundle[0]}`, read.bundle, read.seed], [version, own, seed]);
    assert.ok(!keys.seed || keys.seed.every((byte) => byte === 0), "the seed is wiped");
    assert.deepEqual(Buffer.from(await bundle(await importKeys(payload))), own);
  }
});

test("what is no payload has one code", async () => {
  for (const { payload } of cases) {
    const whole = new Uint8Array(hex(payload));
    const changed = (at, byte) => whole.map((old, i) => (i === at ? byte : old));
    const wrong = [whole.subarray(0, 0), whole.subarray(0, 1), changed(0, 0), changed(0, 4), changed(0, 255)];
    const front = { 1: 131, 2: 1315, 3: 322 }[whole[0]];
    wrong.push(...[10, front - 1, front, front + 1, front + 2, front + 60].map((end) => whole.subarray(0, end)));
    // More than there should be, less of the seed, and in a hybrid's another seed than its ML-KEM key's.
    wrong.push(Uint8Array.of(...whole, 0), whole.subarray(0, -1));
    if (whole[0] === 2) wrong.push(changed(whole.length - 64, whole.at(-64) ^ 1), changed(200, whole[200] ^ 1));
    wrong.push(changed(front, 0xff), changed(front + 1, whole[front + 1] ^ 1), changed(front + 2, 0));
    for (const [i, bytes] of wrong.entries())
      await assert.rejects(importKeys(bytes), { code: "bad-container" }, `${whole[0]}: ${i}`);
  }
});
