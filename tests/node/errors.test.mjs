// Bad input to each export of the core has a stable code and changes nothing.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Call, codec_number, safety_number } from "sealframe/core";
import { callOf, codeOf, codes, FRAMES, key, pass } from "./core.mjs";
import { join, makeDevice, meet, settle } from "./device.mjs";

const frame = FRAMES["audio/opus"][0];
const read = (name) =>
  JSON.parse(readFileSync(new URL(`../vectors/wycheproof/${name}.json`, import.meta.url), "utf8"));

test("error codes are unique lower-case words", () => {
  assert.equal(codes[0], "");
  assert.equal(new Set(codes).size, codes.length);
  for (const code of codes.slice(1)) assert.match(code, /^[a-z]+(-[a-z]+)*$/);
});

test("an error of the core has its code as message and nothing else", () => {
  const secret = randomBytes(15);
  assert.throws(
    () => callOf("alice").set_keys(["alice"], [secret], 0),
    (error) => error.message === "bad-key-length" && error.code === "bad-key-length",
  );
});

test("new Call refuses bad arguments with their codes", () => {
  const bundle = randomBytes(67);
  const make = (...args) => codeOf(() => new Call(...args).free());
  const none = [undefined, undefined, 1, 0];
  assert.equal(make("room", "", ...none), "bad-argument");
  assert.equal(make("room", "x".repeat(65), ...none), "bad-argument");
  assert.equal(
    make("room", "alice", bundle.fill(4, 0, 1).fill(1, 1, 2).fill(5, 2), ...none.slice(1)),
    "bad-bundle",
  );
  assert.equal(make("room", "alice", new Uint8Array(), ...none.slice(1)), "bad-bundle");
  for (const now of [NaN, -1, Infinity]) {
    assert.equal(make("room", "alice", ...none.slice(0, 3), now), "no error");
  }
});

test("set_keys with one bad key among good ones changes nothing", () => {
  const call = callOf("alice", { alice: key });
  const bob = callOf("bob", { alice: key });
  const other = randomBytes(32);
  const set = (senders, keys) => codeOf(() => call.set_keys(senders, keys, 0));
  assert.equal(set(["alice", "bob"], [other, randomBytes(15)]), "bad-key-length");
  assert.equal(set(["alice", "bob"], [other, randomBytes(65)]), "bad-key-length");
  assert.equal(set(["alice", ""], [other, other]), "bad-argument");
  assert.equal(set(["alice"], [other, other]), "bad-argument");
  const wire = pass(call, "seal", call.seal_stream(1, ""), "audio/opus", frame);
  assert.deepEqual(pass(bob, "open", bob.open_stream(1, "alice", ""), "audio/opus", wire), frame);
});

test("seal_stream and open_stream refuse bad arguments with their codes", () => {
  const call = callOf("alice", { alice: key });
  assert.equal(
    codeOf(() => call.seal_stream(3, "")),
    "bad-argument",
  );
  assert.equal(
    codeOf(() => call.seal_stream(1, "x".repeat(256))),
    "bad-argument",
  );
  assert.equal(
    codeOf(() => call.open_stream(0, "alice", "")),
    "bad-argument",
  );
  assert.equal(
    codeOf(() => call.open_stream(1, "", "")),
    "bad-argument",
  );
  const streams = Array.from({ length: 8 }, () => call.open_stream(1, "bob", "mic"));
  assert.equal(new Set([call.seal_stream(1, "mic"), ...streams]).size, 9);
  const ninth = () => codeOf(() => call.open_stream(1, "bob", "mic"));
  assert.equal(ninth(), "too-many-receivers");
  call.release_stream(streams[5]);
  call.release_stream(12345);
  assert.equal(ninth(), "no error");
  assert.equal(ninth(), "too-many-receivers");
});

test("scratch, seal and open refuse bad arguments with their codes", () => {
  const call = callOf("alice", { alice: key });
  const [sealing, opening] = [call.seal_stream(1, ""), call.open_stream(1, "alice", "")];
  const opus = codec_number("audio/opus");
  const code = (number) => codes[-number];
  assert.equal(
    codeOf(() => call.scratch(2 ** 24 + 1)),
    "frame-too-large",
  );
  assert.equal(
    codeOf(() => call.scratch(-1)),
    "frame-too-large",
  );
  call.scratch(10);
  assert.equal(code(call.seal(99, opus, 10)), "unknown-stream");
  assert.equal(code(call.seal(sealing, 0, 10)), "unknown-codec");
  assert.equal(code(call.seal(sealing, codec_number("video/VP8"), 10)), "unknown-codec");
  assert.equal(code(call.seal(sealing, opus, 2 ** 24)), "frame-too-large");
  assert.equal(code(call.open(sealing, opus, 10)), "unknown-stream");
  assert.equal(code(call.seal(opening, opus, 10)), "unknown-stream");
});

test("opening random bytes never traps, and each refusal has a code", () => {
  const call = callOf("bob", { alice: key });
  for (const mime of Object.keys(FRAMES)) {
    const kind = mime.startsWith("audio") ? 1 : 2;
    const stream = call.open_stream(kind, "alice", "");
    for (let length = 1; length < 120; length++) {
      for (const bytes of [randomBytes(length), Buffer.alloc(length), Buffer.alloc(length, 255)]) {
        assert.ok(codes.indexOf(pass(call, "open", stream, mime, bytes)) > 0);
      }
    }
  }
});

test("a sender without a key seals nothing", () => {
  const call = callOf("alice", { bob: key });
  assert.equal(pass(call, "seal", call.seal_stream(1, ""), "audio/opus", frame), "no-key");
});

test("a member with an invalid public key gets no key, and an error names it (Wycheproof)", async () => {
  const points = read("ecdh_secp256r1_ecpoint_test").testGroups.flatMap(({ tests }) => tests);
  const whole = points.filter(
    ({ public: point }) => point.length === 130 && point.startsWith("04"),
  );
  assert.ok(whole.some(({ result }) => result === "invalid") && whole.length > 200);
  const device = await makeDevice();
  for (const { public: point, result, comment, flags } of whole) {
    const [alice, bob] = [await join(), await join()];
    const other = {
      ...device,
      outputs: [],
      shared: [],
      call: new Call("room", device.id, device.bundle, Buffer.from(point, "hex"), 1, 0),
    };
    await meet([alice, bob, other]);
    const served = alice.outputs
      .filter(({ type, bytes }) => type === "send" && bytes[1] === 1)
      .map(({ to }) => to);
    const refused = alice.outputs.filter(({ type }) => type === "refused");
    const valid = result === "valid";
    assert.ok(served.includes(bob.id));
    assert.equal(served.includes(device.id), valid, `${comment} ${flags}`);
    const expected = valid ? [] : [{ type: "refused", from: device.id, code: "unusable-key" }];
    assert.deepEqual(refused, expected, `${comment} ${flags}`);
    for (const { call } of [alice, bob, other]) call.free();
  }
});

test("agreement points, call keys and data refuse bad input with their codes", async () => {
  const [{ bundle }, rsa] = [await makeDevice("mlkem768-p256"), await makeDevice("rsa")];
  const point = randomBytes(65).fill(4, 0, 1);
  const make = (bundle, point) => codeOf(() => new Call("room", "a", bundle, point, 1, 0).free());
  assert.equal(make(bundle, point), "no error");
  assert.equal(make(bundle, undefined), "bad-argument");
  assert.equal(make(bundle, point.subarray(1)), "bad-argument");
  assert.equal(make(bundle, randomBytes(65).fill(2, 0, 1)), "bad-argument");
  assert.equal(make(rsa.bundle, undefined), "no error");
  assert.equal(make(rsa.bundle, point), "bad-argument");
  assert.equal(
    codeOf(() => safety_number(bundle, bundle.subarray(1))),
    "unsupported-version",
  );
  const call = callOf("alice");
  assert.equal(
    codeOf(() => call.set_call_key(randomBytes(31), 0)),
    "bad-argument",
  );
  assert.equal(
    codeOf(() => call.seal_data(key, undefined)),
    "no-key",
  );
  assert.equal(
    codeOf(() => call.open_data(Buffer.alloc(40, 2), "bob")),
    "unsupported-version",
  );
  assert.equal(
    codeOf(() => call.open_data(Buffer.alloc(40, 3).fill(1, 0, 1), "bob")),
    "bad-message",
  );
  call.set_call_key(randomBytes(32), 0);
  assert.equal(
    codeOf(() => call.set_keys(["alice"], [key], 0)),
    "bad-argument",
  );
  assert.equal(
    codeOf(() => call.seal_data(key, "x".repeat(65))),
    "bad-argument",
  );
});

test("a device refuses bad messages, tickets and rosters with their codes", async () => {
  const [alice, bob] = [await join(), await join()];
  await meet([alice, bob]);
  const { call } = alice;
  const wrong = Buffer.concat([bob.bundle.subarray(0, 2), randomBytes(65).fill(2, 0, 1)]);
  assert.equal(
    codeOf(() => call.set_members([bob.bundle, wrong], [], 0)),
    "bad-bundle",
  );
  for (const bytes of [new Uint8Array(), randomBytes(1), randomBytes(372), randomBytes(2000)]) {
    const before = alice.outputs.length;
    const thrown = codeOf(() => call.receive(bytes, bob.id, 0));
    await settle([alice, bob]);
    const refused = alice.outputs.slice(before).find(({ type }) => type === "refused")?.code;
    assert.ok(codes.indexOf(thrown) > 0 || codes.indexOf(refused) > 0, `${bytes.length} bytes`);
  }
  assert.equal(
    codeOf(() => call.signed(4711, new Uint8Array(63), 0)),
    "bad-argument",
  );
  assert.equal(
    codeOf(() => call.agreed(4711, new Uint8Array(31), 0)),
    "bad-argument",
  );
  assert.equal(
    codeOf(() => call.encapsulated(4711, new Uint8Array(65), new Uint8Array(33), 0)),
    "bad-argument",
  );
  const wire = pass(call, "seal", call.seal_stream(1, ""), "audio/opus", frame);
  const stream = bob.call.open_stream(1, alice.id, "");
  assert.deepEqual(pass(bob.call, "open", stream, "audio/opus", wire), frame);
});

test("every export refuses as call-closed after close()", async () => {
  const { call, bundle, id } = await join();
  const stream = call.seal_stream(1, "");
  call.close();
  call.close();
  for (const act of [
    () => call.set_keys(["a"], [key], 0),
    () => call.set_members([bundle], [], 0),
    () => call.receive(randomBytes(244), id, 0),
    () => call.rotate(0),
    () => call.verified(1, true, 0),
    () => call.encapsulated(1, randomBytes(65), randomBytes(32), 0),
    () => call.set_call_key(key, 0),
    () => call.seal_data(key, undefined),
    () => call.open_data(key, id),
    () => call.scratch(10),
    () => call.seal_stream(1, ""),
    () => call.open_stream(1, "a", ""),
  ]) {
    assert.equal(codeOf(act), "call-closed", act.toString());
  }
  assert.equal(codes[-call.seal(stream, 1, 10)], "call-closed");
  assert.equal(codes[-call.open(stream, 1, 10)], "call-closed");
});
