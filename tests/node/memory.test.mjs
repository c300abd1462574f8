// After close() the memory of the core contains no secret: no key, no derived key, no frame, and no
// part of them.
import assert from "node:assert/strict";
import { hkdfSync, randomBytes } from "node:crypto";
import { test } from "node:test";
import { openEnvelope } from "../vectors/check.mjs";
import { callOf, memory, pass, wasm } from "./core.mjs";
import { join, meet, settle } from "./device.mjs";
import { derive, parseHeader, senderKey } from "./independent.mjs";

const { subtle } = globalThis.crypto;
const PIECE = 8;

/** The secrets of which 8 consecutive bytes are in memory. */
function found(secrets) {
  const all = Buffer.from(memory.buffer);
  const pieces = (secret) =>
    Array.from({ length: secret.length - PIECE + 1 }, (_, at) => secret.subarray(at, at + PIECE));
  return Object.keys(secrets).filter((name) =>
    pieces(secrets[name]).some((piece) => all.includes(piece)),
  );
}

/** Hashes that the core keeps to refuse a key that was used before. Nothing is derived from them. */
function fingerprint(key, kid) {
  const info = Buffer.concat([
    Buffer.from("sealframe/1 fingerprint "),
    uint64(kid),
    Buffer.from([0, 5]),
  ]);
  return Buffer.from(hkdfSync("sha512", key, "", info, 16));
}

function uint64(value) {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(value);
  return bytes;
}

test("close() wipes keys, derived keys and frames", async () => {
  const keys = { alice: randomBytes(32), bob: randomBytes(48) };
  const [alice, bob] = [callOf("alice", keys), callOf("bob", keys)];
  const frame = randomBytes(600);
  const wire = pass(alice, "seal", alice.seal_stream(1, "mic"), "audio/opus", frame);
  assert.deepEqual(
    pass(bob, "open", bob.open_stream(1, "alice", "mic"), "audio/opus", wire),
    frame,
  );
  const { kid } = parseHeader(wire);
  const base = await baseKeys(keys);
  const derived = {
    key: await derive(base.alice, kid, "key", 32),
    salt: await derive(base.alice, kid, "salt", 12),
  };
  const given = { givenAlice: keys.alice, givenBob: keys.bob };
  const secrets = { ...given, ...base, ...derived, frame };
  assert.deepEqual(
    found(secrets).sort(),
    ["alice", "bob", "frame", "salt"],
    "the scan finds secrets that are in memory",
  );
  alice.close();
  bob.close();
  assert.deepEqual(found(secrets), []);
});

test("a removed sender's key is wiped at once, a replaced key when its time is over", async () => {
  const given = Array.from({ length: 4 }, () => randomBytes(32));
  const call = callOf("alice", { alice: given[0], bob: given[2], carol: given[2] });
  call.set_keys(["alice", "carol"], [given[1], given[3]], 0);
  assert.deepEqual(found(Object.fromEntries(given.entries())), [], "only derived keys stay");
  const { alice: first, bob: other } = await baseKeys({ alice: given[0], bob: given[2] });
  const { alice: second, carol: next } = await baseKeys({ alice: given[1], carol: given[3] });
  assert.deepEqual(found({ first, other }), ["first"]);
  call.tick(2_000);
  assert.deepEqual(found({ first, other }), []);
  assert.deepEqual(found({ second, next }), ["second", "next"]);
  call.close();
  assert.deepEqual(found({ second, next }), []);
});

test("a device's old key is wiped after its ten seconds", async () => {
  const [alice, bob] = [await join(), await join()];
  await meet([alice, bob]);
  const [stream, opening] = [
    alice.call.seal_stream(1, "mic"),
    bob.call.open_stream(1, alice.id, "mic"),
  ];
  const frame = () => pass(alice.call, "seal", stream, "audio/opus", Buffer.from("a frame"));
  const opened = (wire) => pass(bob.call, "open", opening, "audio/opus", wire).toString();
  const first = frame();
  const old = await secretsOf(alice, bob, first);
  assert.equal(opened(first), "a frame");
  bob.call.open_data(alice.call.seal_data(Buffer.from("data"), undefined), alice.id);
  const late = frame();
  alice.call.rotate(1_000);
  await settle([alice, bob], 1_000);
  bob.call.tick(1_000);
  const next = frame();
  assert.equal(opened(next), "a frame");
  bob.call.tick(10_999);
  assert.equal(opened(late), "a frame");
  assert.deepEqual(
    found(old),
    ["base", "salt", "dataSalt"],
    "the scan finds secrets that are in memory",
  );
  alice.call.tick(11_000);
  bob.call.tick(11_000);
  assert.deepEqual(found(old), []);
  assert.deepEqual(found({ base: (await secretsOf(alice, bob, next)).base }), ["base"]);
  for (const { call } of [alice, bob]) call.close();
});

/** The base key of each sender, if the application gives them these keys. */
async function baseKeys(given) {
  const made = Object.entries(given).map(async ([name, key]) => [name, await senderKey(key, name)]);
  return Object.fromEntries(await Promise.all(made));
}

/** The key that the sender sent last, and the keys derived from it for frames and data. */
async function secretsOf(sender, { id, suite, agreement }, frame) {
  const own = await subtle.exportKey("jwk", agreement.privateKey);
  const sent = sender.outputs.filter(
    ({ type, to, bytes }) => type === "send" && to === id && bytes[1] === 1,
  );
  const { baseKey: base } = await openEnvelope(
    { suite, agreement: own },
    Buffer.from(sent.at(-1).bytes),
  );
  const { kid } = parseHeader(frame);
  const data = Buffer.from(hkdfSync("sha512", base, "", "sealframe/1 data", 64));
  const of = async (key, what, length) => Buffer.from(await derive(key, kid, what, length));
  return {
    ...{ base, key: await of(base, "key", 32), salt: await of(base, "salt", 12) },
    ...{ data, dataKey: await of(data, "key", 32), dataSalt: await of(data, "salt", 12) },
  };
}

test("keys that were refused are wiped from memory", () => {
  const secret = randomBytes(65);
  const call = callOf("alice");
  assert.throws(() => call.set_keys(["alice"], [secret], 0), { code: "bad-key-length" });
  assert.deepEqual(found({ secret }), []);
  call.close();
});

test("after close() no byte of memory depends on a key, except hashes against reuse", async (t) => {
  t.mock.method(globalThis.crypto, "getRandomValues", (array) => array.fill(7));
  const [a, b] = [await remains("a", randomBytes(32)), await remains("b", randomBytes(32))];
  assert.equal(a.image.length, b.image.length);
  for (const [start, end] of differences(a.image, b.image)) {
    const bytes = a.image.subarray(start, end);
    assert.ok(
      a.known.some((known) => known.includes(bytes)),
      `${end - start} bytes at ${start}`,
    );
  }
});

/** The memory of a new instance after a call with this key. */
async function remains(name, key) {
  const core = await import(`${import.meta.resolve("sealframe/core")}?${name}`);
  const { memory } = core.initSync({ module: wasm });
  const call = new core.Call("room", "alice", undefined, undefined, 1, 0);
  call.set_keys(["alice"], [key], 0);
  const length = call.seal(call.seal_stream(1, "mic"), 1, (call.scratch(100), 100));
  const base = await senderKey(key, "alice");
  const tag = Buffer.from(Buffer.from(memory.buffer, call.start() + length - 16, 16));
  call.close();
  return { image: Buffer.from(memory.buffer), known: [tag, fingerprint(base, 0x07070707070707n)] };
}

/** The ranges in which two memory images differ. */
function differences(a, b) {
  const ranges = [];
  for (let at = 0; at < a.length; at++) {
    if (a[at] === b[at]) continue;
    if (ranges.at(-1)?.[1] === at) ranges.at(-1)[1]++;
    else ranges.push([at, at + 1]);
  }
  return ranges;
}
