// Frames of the core against the second implementation of the protocol (independent.mjs).
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { callOf, FRAMES, key, kindOf, pass } from "./core.mjs";
import {
  additionalData,
  cryptoOf,
  derive,
  openFrame,
  parseHeader,
  senderKey,
} from "./independent.mjs";

const { subtle } = globalThis.crypto;
/** The base key of Alice, if the application gives `key` for her. */
const baseKey = await senderKey(key, "alice");
const HAS_UNBOUND = ["video/H264", "video/H265", "video/AV1"];
const text = readFileSync(new URL("../vectors/sframe-rfc9605.json", import.meta.url), "utf8");
// JavaScript numbers cannot hold KIDs and counters of 64 bits.
const vectors = JSON.parse(text.replace(/: (\d{16,})/g, ': "$1"'));
const hex = (text) => Buffer.from(text, "hex");
const record = (codec, track, wire) => {
  const [kind, name] = codec.toLowerCase().split("/");
  return { kind, codec: name, track, wire: wire.toString("base64") };
};

test("the second implementation passes the RFC 9605 vectors for headers and suite 5", async () => {
  for (const { kid, ctr, encoded } of vectors.header) {
    const parsed = parseHeader(hex(encoded));
    assert.deepEqual([parsed.kid, parsed.ctr], [BigInt(kid), BigInt(ctr)]);
  }
  const suite5 = vectors.sframe.find((vector) => vector.cipher_suite === 5);
  const { base_key, kid, ctr, metadata, pt, ct, sframe_key, sframe_salt } = suite5;
  assert.equal((await derive(hex(base_key), BigInt(kid), "key", 32)).toString("hex"), sframe_key);
  assert.equal((await derive(hex(base_key), BigInt(kid), "salt", 12)).toString("hex"), sframe_salt);
  const { header } = parseHeader(hex(ct));
  const aad = Buffer.concat([header, hex(metadata)]);
  const crypto = await cryptoOf(hex(base_key), BigInt(kid), BigInt(ctr), aad);
  assert.equal(
    Buffer.from(await subtle.decrypt(...crypto, hex(ct).subarray(header.length))).toString("hex"),
    pt,
  );
});

for (const [codec, frames] of Object.entries(FRAMES)) {
  test(`${codec}: the second implementation opens what the core seals`, async () => {
    for (const track of ["", "camera", "é".repeat(127)]) {
      const call = callOf("alice", { alice: key });
      const stream = call.seal_stream(kindOf(codec), track);
      for (const frame of [...frames, ...frames.map(lengthen)]) {
        const wire = pass(call, "seal", stream, codec, frame);
        assert.ok(Buffer.isBuffer(wire), wire);
        assert.deepEqual(await openFrame(record(codec, track, wire), baseKey), frame);
      }
    }
  });

  test(`${codec}: a frame opens only for its own sender, kind and track`, () => {
    const [alice, bob] = ["alice", "bob"].map((name) =>
      callOf(name, { alice: key, carol: randomBytes(32) }),
    );
    const sealing = alice.seal_stream(kindOf(codec), "camera");
    const first = pass(alice, "seal", sealing, codec, frames[0]);
    assert.deepEqual(
      pass(bob, "open", bob.open_stream(kindOf(codec), "alice", "camera"), codec, first),
      frames[0],
    );
    for (const frame of frames) {
      const wire = pass(alice, "seal", sealing, codec, frame);
      assert.ok(wire.length <= frame.length + 80);
      const open = (kind, from, track) =>
        pass(bob, "open", bob.open_stream(kind, from, track), codec, wire);
      assert.equal(open(kindOf(codec), "alice", "screen"), "authentication-failed");
      assert.equal(open(kindOf(codec), "carol", "camera"), "unknown-key");
      assert.equal(open(3 - kindOf(codec), "alice", "camera"), "unknown-codec");
      assert.deepEqual(open(kindOf(codec), "alice", "camera"), frame);
      assert.equal(open(kindOf(codec), "alice", "camera"), "duplicate");
    }
  });

  test(`${codec}: a sealed frame with any bound bit flipped is refused`, () => {
    const alice = callOf("alice", { alice: key });
    const wire = pass(alice, "seal", alice.seal_stream(kindOf(codec), ""), codec, frames[0]);
    for (let bit = 0; bit < wire.length * 8; bit++) {
      const forged = Buffer.from(wire);
      forged[bit >> 3] ^= 1 << (bit & 7);
      const bob = callOf("bob", { alice: key });
      const open = (bytes) =>
        pass(bob, "open", bob.open_stream(kindOf(codec), "alice", ""), codec, bytes);
      const opened = open(forged);
      // Framing and parameter sets are not bound. They may differ, but not what is rendered.
      const unbound = typeof opened !== "string";
      assert.ok(
        !unbound || (HAS_UNBOUND.includes(codec) && opened.equals(frames[0])),
        `bit ${bit}`,
      );
      assert.deepEqual(
        open(wire),
        unbound ? "duplicate" : frames[0],
        `the genuine one after bit ${bit}`,
      );
      bob.free();
    }
  });
}

test("the core parses SFrame headers with every KID and CTR length", async () => {
  for (const { kid, ctr, encoded } of vectors.header) {
    const [header, frame, bob] = [hex(encoded), randomBytes(40), callOf("bob", { alice: key })];
    const aad = additionalData(
      header,
      { kind: "audio", codec: "opus", track: "" },
      Buffer.alloc(0),
    );
    const crypto = await cryptoOf(baseKey, BigInt(kid), BigInt(ctr), aad);
    const wire = Buffer.concat([header, Buffer.from(await subtle.encrypt(...crypto, frame))]);
    const stream = bob.open_stream(1, "alice", "");
    const expected = BigInt(ctr) + 1n < 2n ** 64n ? frame : "counter-exhausted"; // that one has no successor
    assert.deepEqual(pass(bob, "open", stream, "audio/opus", wire), expected, encoded);
    bob.free();
  }
});

test("sealing adds to audio only tag, header byte, 7-byte KID and counter", () => {
  const alice = callOf("alice", { alice: key });
  const stream = alice.seal_stream(1, "mic");
  for (let n = 0; n < 300; n++) {
    assert.ok(pass(alice, "seal", stream, "audio/opus", randomBytes(80)).length <= 80 + 17 + 7 + 2);
  }
});

test("sealing an empty frame yields no bytes", () => {
  const alice = callOf("alice", { alice: key });
  assert.equal(
    pass(alice, "seal", alice.seal_stream(1, ""), "audio/opus", Buffer.alloc(0)).length,
    0,
  );
});

const lengthen = (frame) => (frame[0] === 0x12 ? frame : Buffer.concat([frame, randomBytes(1200)]));
