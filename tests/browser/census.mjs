// What a tap counted.
import assert from "node:assert/strict";

export function sealedOnly(census) {
  assert.equal(census.plaintext, 0, JSON.stringify(census));
  assert.ok(census.sealed > 20, JSON.stringify(census));
}

export function nothing(census) {
  const { sealed, plaintext, strange } = census;
  assert.deepEqual({ sealed, plaintext, strange }, { sealed: 0, plaintext: 0, strange: 0 });
}
