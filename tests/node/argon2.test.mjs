// The Argon2 module as shipped: the vectors again, in WebAssembly, and what stays in its memory.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const wasm = readFileSync(new URL(import.meta.resolve("sealframe/argon2.wasm")));
const vectors = (name) =>
  JSON.parse(readFileSync(new URL(`../vectors/sealframe-${name}.json`, import.meta.url), "utf8"));
const hex = (text) => Buffer.from(text, "hex");
let count = 0;

/** A new instance, as each question gets one. */
async function load() {
  const face = await import(`../../target/glue/argon2.js?${++count}`);
  const { memory } = face.initSync({ module: wasm });
  return { face, memory };
}

test("recovery files of the vectors open, and invalid ones are refused with their codes", async () => {
  const { face } = await load();
  const { cases, refused } = vectors("recovery");
  for (const { password, container, payload } of cases)
    assert.equal(Buffer.from(face.open(password, hex(container))).toString("hex"), payload);
  for (const { password, container, code, why } of refused)
    assert.throws(
      () => face.open(password, hex(container)),
      (thrown) => thrown === code,
      why,
    );
});

test("a recovery file opens with its own password only", async () => {
  const { face } = await load();
  const payload = randomBytes(400);
  const container = face.seal("password", payload, randomBytes(16));
  assert.deepEqual(Buffer.from(face.open("password", container)), payload);
  assert.throws(
    () => face.open("Password", container),
    (thrown) => thrown === "wrong-password",
  );
  assert.throws(
    () => face.seal("password", payload, randomBytes(15)),
    (thrown) => thrown === "bad-argument",
  );
  assert.throws(
    () => face.seal("", payload, randomBytes(16)),
    (thrown) => thrown === "bad-argument",
  );
});

test("the module derives the call keys of the vectors", async () => {
  const { face } = await load();
  for (const { passphrase, call, callKey } of vectors("passphrase").calls)
    assert.equal(Buffer.from(face.call_key(passphrase, call)).toString("hex"), callKey);
});

test("measure() returns twelve units for our own work, and fewer for a cheaper file", async () => {
  const { face } = await load();
  const [{ container, memory, passes }] = vectors("recovery").cases;
  assert.equal(face.measure(undefined), 12);
  assert.equal(face.measure(hex(container)), (memory * passes) / 16384);
});
