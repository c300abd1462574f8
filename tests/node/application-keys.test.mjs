// Replacing a key of the application, at times that the test passes to the core.
import assert from "node:assert/strict";
import { test } from "node:test";
import { dataKid } from "../../harness/page/sframe-header.js";
import { callOf, key } from "./core.mjs";

const other = Buffer.alloc(32, 7);

/** The KID of the key that a call seals with. */
const kidOf = (call) => dataKid(call.seal_data(Uint8Array.of(1)));

for (const [verb, first, second] of [
  ["set_keys", [["alice"], [key]], [["alice"], [other]]],
  ["set_call_key", [key], [other]],
]) {
  test(`${verb}: a new application key seals 2 s after its own time, not after the last tick`, () => {
    const call = callOf("alice");
    call[verb](...first, 0);
    const kid = kidOf(call);
    call.tick(10_000);
    call[verb](...second, 10_900);
    for (const now of [12_000, 12_899]) {
      call.tick(now);
      assert.equal(kidOf(call), kid, `at ${now}`);
    }
    call.tick(12_900);
    assert.notEqual(kidOf(call), kid);
  });
}
