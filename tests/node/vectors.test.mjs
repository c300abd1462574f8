// Our own vectors a second time, without our code: what the core reads in tests/*.rs. And what the
// core makes, read by a second implementation.
// Argon2id is not in WebCrypto, so its results are taken from the vectors as they stand.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { pass } from "./core.mjs";
import { join, meet } from "./device.mjs";
import { openFrame } from "./independent.mjs";
import {
  header,
  openContainer,
  openEnvelope,
  readBundle,
  toSign,
  verify,
} from "./independent-keys.mjs";

const { subtle } = globalThis.crypto;
const read = (name) =>
  JSON.parse(readFileSync(new URL(`../vectors/sealframe-${name}.json`, import.meta.url), "utf8"));
const hex = (text) => Buffer.from(text, "hex");
const utf8 = (text) => Buffer.from(text, "utf8");
const uint = (value, length) => hex(value.toString(16).padStart(2 * length, "0"));
const digest = async (name, ...parts) => Buffer.from(await subtle.digest(name, Buffer.concat(parts)));

/** HKDF-SHA-512 without a salt. */
async function hkdf(secret, info, length) {
  const key = await subtle.importKey("raw", secret, "HKDF", false, ["deriveBits"]);
  const parameters = { name: "HKDF", hash: "SHA-512", salt: new Uint8Array(), info };
  return Buffer.from(await subtle.deriveBits(parameters, key, length * 8));
}

/** AES-256-GCM, of a ciphertext with its tag. */
async function open(rawKey, iv, additionalData, sealed) {
  const key = await subtle.importKey("raw", rawKey, "AES-GCM", false, ["decrypt"]);
  return Buffer.from(await subtle.decrypt({ name: "AES-GCM", iv, additionalData }, key, sealed));
}

test("recovery containers", async () => {
  for (const { memory, passes, salt, key, check, payload, container } of read("recovery").cases) {
    const numbers = [Buffer.from([1, 1]), uint(memory, 4), uint(passes, 4), Buffer.from([1])];
    const expected = [utf8("sealframe recovery"), ...numbers, hex(salt), hex(check)];
    assert.deepEqual(hex(container).subarray(0, 77), Buffer.concat(expected));
    const opened = await openContainer(hex(container), hex(key + check));
    assert.equal(opened.toString("hex"), payload);
  }
});

test("envelopes, with every value on the way", async () => {
  const { devices, envelopes } = read("envelope");
  for (const { from, to, call, serial, header: expected, message, ...values } of envelopes) {
    const device = { ...devices[to], bundle: hex(devices[to].bundle) };
    const own = { bundle: device.bundle, agreement: device.agreementPrivate };
    const seed = device.mlkemSeed && hex(device.mlkemSeed);
    const sender = hex(devices[from].bundle);
    const made = await header(1, { call, sender, recipient: device.bundle, serial });
    assert.equal(made.toString("hex"), expected);
    const opened = await openEnvelope({ ...own, seed }, hex(message));
    for (const [name, value] of Object.entries(opened).filter(([name]) => name !== "mlkemKey")) {
      assert.equal(value.toString("hex"), values[name], name);
    }
    if (seed) assert.deepEqual(opened.mlkemKey, (await readBundle(device.bundle)).mlkem);
    assert.equal(toSign(hex(message).subarray(0, -64)).toString("hex"), values.toSign);
    assert.ok(await verify(sender, hex(message)));
  }
});

test("requests and acks", async () => {
  const { devices, requests, acks } = read("request");
  for (const [type, cases] of Object.entries({ 2: acks, 3: requests })) {
    for (const { from, to, call, serial, message, kid, nonce } of cases) {
      const [sender, recipient] = [from, to].map((name) => hex(devices[name].bundle));
      const front = await header(Number(type), { call, sender, recipient, serial });
      assert.deepEqual(hex(message).subarray(0, -64), Buffer.concat([front, hex(kid ?? nonce)]));
      assert.ok(await verify(sender, hex(message)));
    }
  }
});

test("the script opens what the core makes, in every suite", async () => {
  const kems = ["p256", "mlkem768-p256", "rsa"];
  const parties = await Promise.all(kems.map((kem) => join("room", { kem, legacy: true })));
  await meet(parties);
  const [alice, ...others] = parties;
  for (const { id, bundle, agreement, seed } of others) {
    const mine = alice.outputs.find(({ type, to, bytes }) => type === "send" && to === id && bytes[1] === 1);
    const message = Buffer.from(mine.bytes);
    assert.ok(await verify(alice.bundle, message));
    const own = await subtle.exportKey("jwk", agreement.privateKey);
    const { baseKey } = await openEnvelope({ bundle, agreement: own, seed }, message);
    const wire = pass(alice.call, "seal", alice.call.seal_stream(1, "mic"), "audio/opus", baseKey);
    const record = { kind: "audio", codec: "opus", track: "mic", wire: wire.toString("base64") };
    assert.deepEqual(await openFrame(record, baseKey), baseKey);
  }
});

test("keys of a passphrase call", async () => {
  for (const { call, salt, callKey, senders } of read("passphrase").calls) {
    const made = await digest("SHA-256", utf8("sealframe/1 passphrase"), utf8(call));
    assert.equal(made.toString("hex"), salt);
    for (const [sender, baseKey] of Object.entries(senders)) {
      const info = Buffer.concat([utf8("sealframe/1 passphrase sender"), utf8(sender)]);
      assert.equal((await hkdf(hex(callKey), info, 32)).toString("hex"), baseKey);
    }
  }
});

test("safety numbers", async () => {
  const { devices, pairs } = read("safety");
  for (const { bundle, half } of Object.values(devices)) {
    const first = await digest("SHA-512", utf8("sealframe/1 safety number"), hex(bundle));
    let hash = first;
    for (let i = 1; i < 5200; i++) hash = await digest("SHA-512", hash, first);
    const group = (at) => String(hash.readUIntBE(at, 5) % 100_000).padStart(5, "0");
    assert.equal([0, 5, 10, 15, 20, 25].map(group).join(""), half);
  }
  for (const { one, other, number } of pairs) {
    const halves = [devices[one].half, devices[other].half].sort();
    assert.equal(halves.join("").match(/.{5}/g).join(" "), number);
  }
});

test("data messages", async () => {
  for (const { baseKey, kid, ctr, label, to, data, message } of read("data").messages) {
    const dataKey = await hkdf(hex(baseKey), utf8("sealframe/1 data"), 64);
    const derive = (what, length) => {
      const info = [utf8(`SFrame 1.0 Secret ${what} `), hex(kid), uint(5, 2)];
      return hkdf(dataKey, Buffer.concat(info), length);
    };
    const [key, iv] = [await derive("key", 32), await derive("salt", 12)];
    uint(ctr, 12).forEach((byte, at) => (iv[at] ^= byte));
    const bytes = hex(message);
    // RFC 9605 §4.3: the config byte says how many bytes of KID and CTR follow it.
    const length = (bits) => (bits & 8 ? (bits & 7) + 1 : 0);
    const body = 3 + length(bytes[2] >> 4) + length(bytes[2] & 15);
    const named = [label, to ?? ""].map(utf8).flatMap((name) => [uint(name.length, 1), name]);
    const aad = [bytes.subarray(2, body), utf8("sealframe/1 data"), bytes.subarray(1, 2), ...named];
    assert.deepEqual([...bytes.subarray(0, 2)], [1, to === null ? 16 : 17]);
    const opened = await open(key, iv, Buffer.concat(aad), bytes.subarray(body));
    assert.equal(opened.toString("hex"), data);
  }
});
