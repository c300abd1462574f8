// The census that browser tests take of a wire: it must not take sealed frames for plaintext, nor
// plaintext for sealed frames.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Record } from "../../harness/page/tap-record.js";
import { Census } from "../../harness/page/wire-census.js";

const OPUS = "audio/opus";
const TAG = 16;

/** A sealed frame of sound: header with an 8-byte KID and a 2-byte CTR, then random bytes. */
function sealed(kid, ctr, length = 60) {
  const body = crypto.getRandomValues(new Uint8Array(length + TAG));
  const header = new Uint8Array(11);
  header[0] = 0xf9; // K flag, 8 bytes of KID; C flag, 2 bytes of CTR
  new DataView(header.buffer).setBigUint64(1, kid);
  new DataView(header.buffer).setUint16(9, ctr);
  return Uint8Array.from([...header, ...body]);
}

function counted(...frames) {
  const census = new Census();
  for (const frame of frames) census.add("audio microphone", OPUS, frame);
  return census.count();
}

test("the last frames of a key that was replaced count as sealed", () => {
  const [old, next] = [0x8123456789abcdefn, 0xfedcba9876543210n];
  const last = Array.from({ length: 7 }, (_, i) => sealed(old, 300 + i));
  const first = Array.from({ length: 20 }, (_, i) => sealed(next, 256 + i));
  const { sealed: count, plaintext, strange } = counted(...last, ...first);
  assert.deepEqual({ count, plaintext, strange }, { count: 27, plaintext: 0, strange: 0 });
});

test("the last frame of a key counts as sealed, though the record was reset before it", () => {
  const record = new Record();
  const labels = { direction: "open", kind: "audio", sender: "near", track: "microphone" };
  const { arrived } = record.begin({ options: labels });
  const take = (...frames) => {
    for (const { buffer } of frames)
      arrived({ data: buffer, getMetadata: () => ({ mimeType: OPUS }) });
    const { sealed: count, plaintext, strange } = record.questions.census();
    return { count, plaintext, strange };
  };
  const [old, next] = [0x8123456789abcdefn, 0xfedcba9876543210n];
  const frames = (kid, from, count) =>
    Array.from({ length: count }, (_, i) => sealed(kid, from + i));
  assert.deepEqual(take(...frames(old, 256, 20)), { count: 20, plaintext: 0, strange: 0 });
  record.orders.reset();
  const few = take(...frames(old, 276, 1), ...frames(next, 256, 20));
  assert.deepEqual(few, { count: 21, plaintext: 0, strange: 0 });
  record.orders.reset();
  const opus = Array.from({ length: 20 }, () =>
    Uint8Array.from([0x78, ...crypto.getRandomValues(new Uint8Array(80))]),
  );
  assert.deepEqual(take(...opus).plaintext, 20);
});

/** A sealed frame of a group's member: header with a 4-byte KID and a 1-byte CTR. */
function ofGroup(kid, ctr) {
  const body = crypto.getRandomValues(new Uint8Array(60 + TAG));
  const header = Uint8Array.from([0xb8, kid >> 24, kid >> 16, kid >> 8, kid, ctr]);
  return Uint8Array.from([...header, ...body]);
}

test("the few frames of a short epoch of a group count as sealed, and plaintext among them does not", () => {
  const epoch = (kid, count) => Array.from({ length: count }, (_, i) => ofGroup(kid, 8 + i));
  // 16 random bits, 2 bits of leaf 1, 8 bits of the epoch.
  const frames = [...epoch(0x2a5f105, 30), ...epoch(0x1c3d506, 3), ...epoch(0x391e107, 20)];
  const { sealed: count, plaintext, strange } = counted(...frames);
  assert.deepEqual({ count, plaintext, strange }, { count: 53, plaintext: 0, strange: 0 });
  const opus = () => Uint8Array.from([0x78, ...crypto.getRandomValues(new Uint8Array(80))]);
  const mixed = counted(...frames, ...Array.from({ length: 400 }, opus));
  assert.ok(mixed.plaintext > 370, `${mixed.plaintext} plaintext`);
});

test("random bytes of Opus count as plaintext", () => {
  const opus = () => Uint8Array.from([0x78, ...crypto.getRandomValues(new Uint8Array(80))]);
  const { sealed: count, plaintext } = counted(...Array.from({ length: 400 }, opus));
  assert.ok(count === 0 && plaintext > 380, `${count} sealed, ${plaintext} plaintext`);
});

test("one frame of Opus sent again and again counts as plaintext", () => {
  const opus = Uint8Array.from([0xf8, ...crypto.getRandomValues(new Uint8Array(80))]);
  const { sealed: count, plaintext } = counted(...Array.from({ length: 50 }, () => opus));
  assert.ok(count === 0 && plaintext === 50, `${count} sealed, ${plaintext} plaintext`);
});
