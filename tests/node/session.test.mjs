// Device keys and envelopes of the core in Node, against WebCrypto and an HPKE of another author
// (@hpke/core).
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Aes256Gcm, CipherSuite, DhkemP256HkdfSha256, HkdfSha256 } from "@hpke/core";
import { ml_kem768 } from "@noble/post-quantum/ml-kem.js";
import { safety_number } from "sealframe/core";
import { callOf, memory, pass } from "./core.mjs";
import { join, makeDevice, meet, serve, settle } from "./device.mjs";
import { openEnvelope as openEnvelopeByScript } from "../vectors/check.mjs";
import { openFrame } from "./independent.mjs";

const { subtle } = globalThis.crypto;
const suite = new CipherSuite({
  kem: new DhkemP256HkdfSha256(),
  kdf: new HkdfSha256(),
  aead: new Aes256Gcm(),
});
const frame = Buffer.from("a frame of audio");
const [HEADER, STATEMENT, QUESTION, ENC, SIGNATURE] = [91, 56, 48, 65, 64];
/** Bytes after the base key in an envelope: how far its owner has used that key. */
const BESIDE = 16;
const [ENVELOPE, ANNOUNCEMENT] = [1, 3];

test("two devices exchange keys, and each opens what the other seals", async () => {
  const [alice, bob] = [await join(), await join()];
  await meet([alice, bob]);
  for (const [from, to] of [
    [alice, bob],
    [bob, alice],
  ]) {
    assert.deepEqual(open(to, from, seal(from)), frame);
    assert.ok(seal(from).length - frame.length <= 22);
  }
});

test("the key in an envelope, opened by another HPKE, opens the sender's frames", async () => {
  const [alice, bob] = [await join(), await join()];
  await meet([alice, bob]);
  const baseKey = await openEnvelope(bob, envelopes(alice).at(-1));
  const record = {
    kind: "audio",
    codec: "opus",
    track: "mic",
    wire: seal(alice).toString("base64"),
  };
  assert.deepEqual(await openFrame(record, baseKey), frame);
});

test("the core accepts an envelope that the second implementation made", async () => {
  const [alice, bob] = [await join(), await join()];
  await meet([alice, bob]);
  const before = bob.outputs.filter(
    ({ type, sender }) => type === "key" && sender === alice.id,
  ).length;
  const baseKey = globalThis.crypto.getRandomValues(Buffer.alloc(32));
  bob.call.receive(await makeEnvelope(alice, bob, baseKey, 0x5550n), alice.id, 0);
  await settle([bob]);
  const after = bob.outputs.filter(
    ({ type, sender }) => type === "key" && sender === alice.id,
  ).length;
  assert.equal(after, before + 1);
});

test("an envelope with any byte changed is refused, and the genuine one still works", async () => {
  const [alice, bob] = [await join(), await join()];
  await meet([alice, bob]);
  const keys = () => bob.outputs.filter(({ type }) => type === "key").length;
  const [genuine, before] = [
    await makeEnvelope(alice, bob, globalThis.crypto.getRandomValues(Buffer.alloc(32)), 0x5550n),
    keys(),
  ];
  for (let at = 0; at < genuine.length; at += 7) {
    const forged = Buffer.from(genuine);
    forged[at] ^= 1;
    // A message that would change nothing if it were genuine is dropped without an error.
    assert.match(
      await refusal(bob, forged, alice.id),
      /^([a-z]+(-[a-z]+)+|accepted)$/,
      `byte ${at}`,
    );
    assert.equal(keys(), before, `byte ${at}`);
  }
  // Verifications have a budget, which recovers after a while.
  for (const now of [5_000, 10_000]) {
    bob.call.tick(now);
    await settle([bob]);
  }
  bob.call.receive(genuine, alice.id, 10_000);
  await settle([bob]);
  assert.equal(keys(), before + 1);
  assert.deepEqual(open(bob, alice, seal(alice)), frame);
});

test("a device that is not on the roster gets no key, and its messages are refused", async () => {
  const [alice, bob, mallory] = [await join(), await join(), await join()];
  await meet([alice, bob]);
  mallory.call.set_members([alice.bundle, bob.bundle, mallory.bundle], [], 0);
  await settle([alice, bob, mallory]);
  assert.ok(!alice.outputs.some(({ type, to }) => type === "send" && to === mallory.id));
  assert.equal(open(alice, mallory, seal(mallory)), "unknown-key");
});

test("devices of all suites exchange keys with each other", async () => {
  const kems = ["p256", "mlkem768-p256", "rsa"];
  const parties = await Promise.all(kems.map((kem) => join("room", { kem, weakest: 3 })));
  await meet(parties);
  for (const from of parties) {
    const wire = seal(from);
    for (const to of parties.filter((party) => party !== from)) {
      assert.deepEqual(open(to, from, wire), frame);
    }
  }
  const [alice, hybrid, rsa] = parties;
  const sizes = envelopes(alice).map((envelope) => [envelope[2], envelope.length]);
  assert.deepEqual(sizes.sort(), [
    [2, 291 + 1153 + 32],
    [3, 291 + 256 + 32],
  ]);
  const has = { keyed: true, acknowledged: true };
  assert.deepEqual(alice.call.members(), [
    { id: hybrid.id, kem: "mlkem768-p256", legacy: false, ...has },
    { id: rsa.id, kem: "rsa", legacy: true, ...has },
  ]);
});

test("an RSA device is refused if the application does not allow it", async () => {
  const [alice, rsa] = [await join(), await join("room", { kem: "rsa", weakest: 3 })];
  assert.throws(() => alice.call.set_members([rsa.bundle], [], 0), {
    code: "legacy-device",
    index: 0,
  });
  assert.deepEqual(alice.call.members(), []);
  assert.equal(alice.call.poll(), undefined);
});

test("keys arrive if host tasks are answered in any order", async () => {
  const parties = await Promise.all(Array.from({ length: 4 }, () => join()));
  const bundles = parties.map(({ bundle }) => bundle);
  for (const { call } of parties) call.set_members(bundles, [], 0);
  const carry = new Map();
  for (let round = 0; round < 40; round++) {
    for (const party of parties) {
      const tasks = [];
      for (let output; (output = party.call.poll()); ) {
        if (output.type === "send") carry.set({ from: party, to: output.to }, output.bytes);
        else tasks.push(output);
      }
      for (const task of tasks.reverse()) await serve(party, task, 0);
    }
    for (const [{ from, to }, bytes] of [...carry].reverse()) {
      parties.find(({ id }) => id === to).call.receive(bytes, from.id, 0);
    }
    carry.clear();
  }
  for (const from of parties) {
    const wire = seal(from);
    for (const to of parties.filter((party) => party !== from)) {
      assert.deepEqual(open(to, from, wire), frame);
    }
    assert.ok(from.call.members().every(({ keyed, acknowledged }) => keyed && acknowledged));
  }
});

test("data messages seal and open with the keys of the call", async () => {
  const [alice, bob, carol] = [await join(), await join(), await join()];
  await meet([alice, bob, carol]);
  const text = Buffer.from("only for Bob");
  const message = alice.call.seal_data(text, bob.id);
  assert.throws(() => carol.call.open_data(message, alice.id), { code: "authentication-failed" });
  assert.throws(() => bob.call.open_data(message, carol.id), {
    code: /^(authentication-failed|unknown-key)$/,
  });
  assert.deepEqual(Buffer.from(bob.call.open_data(message, alice.id)), text);
  assert.throws(() => bob.call.open_data(message, alice.id), { code: "duplicate" });
  const toAll = alice.call.seal_data(text, undefined);
  for (const { call } of [bob, carol])
    assert.deepEqual(Buffer.from(call.open_data(toAll, alice.id)), text);
});

test("sides with the same passphrase key open each other's frames", () => {
  const secret = globalThis.crypto.getRandomValues(new Uint8Array(32));
  const [alice, bob] = ["alice", "bob"].map((id) => ({ id, call: callOf(id) }));
  for (const { call } of [alice, bob]) call.set_call_key(secret, 0);
  assert.deepEqual(open(bob, alice, seal(alice)), frame);
  assert.equal(open(bob, { id: "carol" }, seal(alice)), "unknown-key", "it is Alice's");
  assert.deepEqual(
    Buffer.from(bob.call.open_data(alice.call.seal_data(frame, "bob"), "alice")),
    frame,
  );
});

test("both sides compute the same safety number of 60 digits", async () => {
  const [alice, bob] = [await makeDevice(), await makeDevice("mlkem768-p256")];
  const number = safety_number(alice.bundle, bob.bundle);
  assert.match(number, /^[0-9]{60}$/);
  assert.equal(safety_number(bob.bundle, alice.bundle), number);
  const { devices, pairs } = JSON.parse(
    readFileSync(new URL("../vectors/sealframe-safety.json", import.meta.url), "utf8"),
  );
  for (const { one, other, number } of pairs) {
    const bundles = [one, other].map((name) => Buffer.from(devices[name].bundle, "hex"));
    assert.equal(safety_number(...bundles), number.replaceAll(" ", ""));
  }
});

test("no output contains a key, and close() wipes all keys from memory", async () => {
  const kems = ["p256", "p256", "mlkem768-p256", "rsa"];
  const parties = await Promise.all(kems.map((kem) => join("room", { kem, weakest: 3 })));
  const [alice, bob, ...others] = parties;
  await meet(parties);
  open(bob, alice, seal(alice));
  const data = globalThis.crypto.getRandomValues(Buffer.alloc(100));
  bob.call.open_data(alice.call.seal_data(data, undefined), alice.id);
  const keys = [
    await openEnvelope(bob, to(bob, envelopes(alice))),
    await openEnvelope(alice, to(alice, envelopes(bob))),
  ];
  const seed = Buffer.from(others[0].seed);
  for (const party of parties) {
    const said = Buffer.concat(
      party.outputs.flatMap(({ bytes, public: point, enc }) =>
        [bytes ?? "", point ?? "", enc ?? ""].map((b) => Buffer.from(b)),
      ),
    );
    for (const secret of [...keys, ...party.shared, seed])
      assert.ok(!said.includes(secret.subarray(0, 8)));
  }
  assert.ok(
    [...keys, seed].every((key) => inMemory(key)),
    "the scan sees what is there",
  );
  const hybrid = [alice, bob].map((party) => to(others[0], envelopes(party)));
  for (const party of parties) party.call.close();
  const shared = parties.flatMap((party) => party.shared);
  assert.ok(shared.length >= 12);
  const halves = await Promise.all(hybrid.map((message) => openByScript(others[0], message)));
  const made = halves.flatMap(({ mlkemSecret, sharedSecret, key }) => [
    mlkemSecret,
    sharedSecret,
    key,
  ]);
  for (const secret of [...keys, ...shared, ...made, seed, data, expanded(seed)])
    assert.ok(!inMemory(secret));
});

function seal({ call }) {
  return pass(call, "seal", call.seal_stream(1, "mic"), "audio/opus", frame);
}

function open({ call }, from, wire) {
  return pass(call, "open", call.open_stream(1, from.id, "mic"), "audio/opus", wire);
}

/** A device's ML-KEM key as code computes with it: the first 768 numbers of 12 bits. */
function expanded(seed) {
  const { secretKey } = ml_kem768.keygen(seed);
  const pairs = Array.from({ length: 384 }, (_, n) => Buffer.from(secretKey).readUIntLE(3 * n, 3));
  return Buffer.from(Uint16Array.from(pairs.flatMap((pair) => [pair & 0xfff, pair >> 12])).buffer);
}

async function openByScript({ suite, agreement, seed }, message) {
  const own = await subtle.exportKey("jwk", agreement.privateKey);
  return openEnvelopeByScript({ suite, agreement: own, seed }, message);
}

/** The first message for this party. */
function to({ id }, envelopes) {
  return envelopes.find((envelope) => envelope.toString("hex", 35, 51) === id);
}

function envelopes(party) {
  return party.outputs
    .filter(({ type, bytes }) => type === "send" && bytes[1] === 1)
    .map(({ bytes }) => Buffer.from(bytes));
}

const FRONT = HEADER + STATEMENT + QUESTION;

async function openEnvelope({ agreement }, envelope) {
  const [context, enc, ct] = cut(envelope, FRONT, ENC, envelope.length - FRONT - ENC - SIGNATURE);
  const info = Buffer.concat([Buffer.from("sealframe/2 envelope"), context]);
  const context_ = await suite.createRecipientContext({
    recipientKey: agreement,
    enc: copy(enc),
    info: copy(info),
  });
  return Buffer.from(await context_.open(copy(ct))).subarray(0, -BESIDE);
}

/** The last announcement of one party to the other. */
function announced(from, to) {
  const sent = from.outputs.filter(
    ({ type, to: id, bytes }) => type === "send" && id === to.id && bytes[1] === ANNOUNCEMENT,
  );
  const bytes = Buffer.from(sent.at(-1).bytes);
  return { incarnation: bytes.subarray(51, 67), question: bytes.subarray(123, 139) };
}

async function makeEnvelope(from, to, baseKey, kid) {
  const [counter, kidBytes] = [Buffer.alloc(8), Buffer.alloc(8)];
  counter.writeBigUInt64BE(1_000_000n);
  kidBytes.writeBigUInt64BE(kid);
  const call = createHash("sha256").update("room").digest().subarray(0, 16);
  const ids = [from, to].map(({ id }) => Buffer.from(id, "hex"));
  const stays = [announced(from, to).incarnation, announced(to, from).incarnation];
  const statement = Buffer.concat([kidBytes, announced(to, from).question, Buffer.alloc(32)]);
  const context = Buffer.concat([
    Buffer.from([2, ENVELOPE, 1]),
    call,
    ...ids,
    ...stays,
    counter,
    statement,
    Buffer.alloc(QUESTION),
  ]);
  const info = Buffer.concat([Buffer.from("sealframe/2 envelope"), context]);
  const sender = await suite.createSenderContext({
    recipientPublicKey: to.agreement.publicKey,
    info: copy(info),
  });
  const message = Buffer.concat([
    context,
    Buffer.from(sender.enc),
    Buffer.from(await sender.seal(copy(Buffer.concat([baseKey, Buffer.alloc(BESIDE)])))),
  ]);
  const toSign = Buffer.concat([Buffer.from("sealframe/2 key message"), message]);
  const signature = await subtle.sign(
    { name: "ECDSA", hash: "SHA-256" },
    from.signing.privateKey,
    toSign,
  );
  return Buffer.concat([message, Buffer.from(signature)]);
}

/** The code with which a message is refused, thrown or as an output. */
async function refusal(party, bytes, from) {
  const before = party.outputs.length;
  try {
    party.call.receive(bytes, from, 0);
  } catch (error) {
    return error.code;
  }
  await settle([party]);
  return party.outputs.slice(before).find(({ type }) => type === "refused")?.code ?? "accepted";
}

function inMemory(secret) {
  const all = Buffer.from(memory.buffer);
  return Array.from({ length: secret.length - 7 }, (_, at) => secret.subarray(at, at + 8)).some(
    (piece) => all.includes(piece),
  );
}

function cut(bytes, ...lengths) {
  return lengths.map((length, n) =>
    bytes.subarray(
      ...[0, length].map((end) => end + lengths.slice(0, n).reduce((a, b) => a + b, 0)),
    ),
  );
}

/** An ArrayBuffer of exactly these bytes, which @hpke/core needs. */
function copy(bytes) {
  return new Uint8Array(bytes).buffer;
}
