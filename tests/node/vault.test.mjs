// The vault as it is shipped: the vectors once more, in WebAssembly, and what is left in its memory.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const wasm = readFileSync(new URL(import.meta.resolve("sealframe/vault.wasm")));
const vectors = (name) => JSON.parse(readFileSync(new URL(`../vectors/sealframe-${name}.json`, import.meta.url), "utf8"));
const hex = (text) => Buffer.from(text, "hex");
let count = 0;

/** An instance of its own, as each question gets one. */
async function vault() {
  const face = await import(`../../target/glue/vault.js?${++count}`);
  const { memory } = face.initSync({ module: wasm });
  return { face, memory };
}

test("recovery containers: the vectors open, and what is no container has its code", async () => {
  const { face } = await vault();
  const { cases, refused } = vectors("recovery");
  for (const { password, container, payload } of cases)
    assert.equal(Buffer.from(face.open(password, hex(container))).toString("hex"), payload);
  for (const { password, container, code, why } of refused)
    assert.throws(() => face.open(password, hex(container)), (thrown) => thrown === code, why);
});

test("what is sealed opens again, with that password only", async () => {
  const { face } = await vault();
  const payload = randomBytes(400);
  const container = face.seal("password", payload, randomBytes(16));
  assert.deepEqual(Buffer.from(face.open("password", container)), payload);
  assert.throws(() => face.open("Password", container), (thrown) => thrown === "wrong-password");
  assert.throws(() => face.seal("password", payload, randomBytes(15)), (thrown) => thrown === "bad-argument");
  assert.throws(() => face.seal("", payload, randomBytes(16)), (thrown) => thrown === "bad-argument");
});

test("keys of a passphrase call", async () => {
  const { face } = await vault();
  for (const { passphrase, call, callKey } of vectors("passphrase").calls)
    assert.equal(Buffer.from(face.call_key(passphrase, call)).toString("hex"), callKey);
});

test("time is told in units: twelve for what it makes itself, less for a cheaper container", async () => {
  const { face } = await vault();
  const [{ container, memory, passes }] = vectors("recovery").cases;
  assert.equal(face.measure(undefined), 12);
  assert.equal(face.measure(hex(container)), (memory * passes) / 16384);
});
