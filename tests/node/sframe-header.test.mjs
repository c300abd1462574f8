// The parts of a sealed frame, as the tools read them without keys.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { dissect } from "../../harness/page/sframe-header.js";

describe("the parts of a sealed frame", () => {
  test("VP8 key frame: ten bytes of window, KID and CTR of two bytes each", () => {
    const window = [0x10, 2, 0, 0x9d, 1, 0x2a, 0x40, 1, 0xb4, 0];
    const frame = Uint8Array.from([...window, 0x99, 0xab, 0xcd, 1, 2, ...new Array(36).fill(7)]);
    const cut = { window: 10, header: 5, body: 20, tag: 16, kid: 0xabcdn, ctr: 258n };
    assert.deepEqual(dissect(frame, "video/VP8"), cut);
  });

  test("sound: no window, KID and CTR inside the first byte", () => {
    const frame = Uint8Array.from([0x53, ...new Array(20).fill(7)]);
    assert.deepEqual(dissect(frame, "audio/opus"), {
      window: 0,
      header: 1,
      body: 4,
      tag: 16,
      kid: 5n,
      ctr: 3n,
    });
  });

  test("bytes that are no frame: everything is body", () => {
    const nothing = { window: 0, header: 0, tag: 0 };
    assert.deepEqual(dissect(Uint8Array.of(), "audio/opus"), { ...nothing, body: 0 });
    assert.deepEqual(dissect(Uint8Array.of(0xff, 1), "audio/opus"), { ...nothing, body: 2 });
    assert.deepEqual(dissect(Uint8Array.of(1, 2, 3), "video/AV1"), { ...nothing, body: 3 });
  });
});
