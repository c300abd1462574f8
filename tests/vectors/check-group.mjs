// docs/protocol.md §6 a second time, with none of our code: checks sealframe-group.json, a call of an MLS
// group in each suite. Of MLS itself it reads the headers only.
import assert from "node:assert/strict";
import {
  createDecipheriv,
  createECDH,
  createHash,
  createHmac,
  createPublicKey,
  verify,
} from "node:crypto";
import { readFileSync } from "node:fs";
import { ml_kem768 } from "@noble/post-quantum/ml-kem.js";

const hex = (text) => Buffer.from(text, "hex");
const join = (...parts) => Buffer.concat(parts.map((part) => Buffer.from(part)));
const sha = (bits, ...parts) =>
  createHash(`sha${bits}`)
    .update(join(...parts))
    .digest();
const hmac = (hash, key, ...parts) =>
  createHmac(hash, key)
    .update(join(...parts))
    .digest();
const u16 = (value) => [value >> 8, value & 255];
/** §6.1. Of each suite its HPKE ids, the hash of its KDF, the bytes of its AEAD's key, of an HPKE key and of `enc`. */
const SUITES = {
  "mlkem768-p256": {
    number: 0xf0c4,
    ids: [0x50, 2, 2],
    hash: "sha384",
    aead: 32,
    key: 1249,
    enc: 1153,
  },
  p256: { number: 0xf0c1, ids: [0x10, 2, 2], hash: "sha384", aead: 32, key: 65, enc: 65 },
  "p256-aes128": { number: 2, ids: [0x10, 1, 1], hash: "sha256", aead: 16, key: 65, enc: 65 },
};
const NO_LEAF = 2 ** 32 - 1;

/** Reads fields one after the other; nothing may be left at the end. */
class Reader {
  constructor(bytes) {
    this.bytes = bytes;
  }
  take(length) {
    assert.ok(this.bytes.length >= length, "cut short");
    const taken = this.bytes.subarray(0, length);
    this.bytes = this.bytes.subarray(length);
    return taken;
  }
  hex = (length) => this.take(length).toString("hex");
  uint = (length) => this.take(length).readUIntBE(0, length);
  u64 = () => Number(this.take(8).readBigUInt64BE());
  vector = () => this.take(this.uint(4));
  /** RFC 9420 §2.1.2: a vector. The first two bits of its length say how many bytes that has. */
  mlsVector() {
    const size = 1 << (this.bytes[0] >> 6);
    return this.take(this.uint(size) % 2 ** (8 * size - 2));
  }
}

/** §6.2. */
const leafToSign = (device, call, leafKey) =>
  join("sealframe/1 mls leaf", [1], hex(device.id), hex(call), leafKey);

/** Whether a P-256 key, 04 ‖ x ‖ y, signed the bytes; `form` is `der` or `ieee-p1363`. */
function isSigned(point, bytes, signature, form) {
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((half) =>
    half.toString("base64url"),
  );
  const key = createPublicKey({ key: { kty: "EC", crv: "P-256", x, y }, format: "jwk" });
  return verify("sha256", bytes, { key, dsaEncoding: form }, signature);
}

/** §6.1: the one form of a signature that strict suites take. */
function isStrict(der) {
  const reader = new Reader(der);
  const whole = reader.uint(1) === 0x30 && reader.uint(1) === der.length - 2;
  const [r, s] = [0, 1].map(() => (assert.equal(reader.uint(1), 2), reader.take(reader.uint(1))));
  const minimal = [r, s].every((n) => n[0] < 128 && (n[0] > 0 || n[1] > 127));
  return whole && minimal && reader.bytes.length === 0 && BigInt(`0x${s.toString("hex")}`) <= HALF;
}
const HALF = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n >> 1n;

/** §6.3. A message as the record that the vectors have of it. */
function parse(message, call, names) {
  const reader = new Reader(message);
  assert.equal(reader.uint(1), 1);
  const type = reader.uint(1);
  assert.equal(reader.hex(16), call);
  if (type === 1) return { type, branch: reader.hex(8), mlsMessage: reader.bytes.toString("hex") };
  const device = names[reader.hex(16)];
  const front = { leafKey: reader.hex(65), certificate: reader.hex(64), counter: reader.u64() };
  const body = BODIES[type](reader, names);
  const unsigned = message.subarray(0, message.length - reader.bytes.length);
  const signature = reader.hex(reader.uint(1));
  assert.equal(reader.bytes.length, 0);
  const toSign = join("sealframe/1 mls note", unsigned).toString("hex");
  return { type, from: device, ...front, ...body, toSign, signature };
}

const BODIES = {
  2: (reader) => ({ epoch: reader.u64(), branch: reader.hex(8), leaf: reader.uint(4) }),
  3: (reader) => {
    const [nonce, flags] = [reader.hex(16), reader.uint(1)];
    const [branch, key] = [reader.hex(8), reader.vector().toString("hex")];
    return { nonce, isOut: (flags & 1) === 1, wantsInfo: (flags & 2) === 2, branch, key };
  },
  4: (reader, names) => {
    const [recipient, nonce, branch] = [names[reader.hex(16)], reader.hex(16), reader.hex(8)];
    const [lead, leaf] = [[reader.uint(4), names[reader.hex(16)]], reader.uint(4)];
    const [enc, ct] = [reader.vector(), reader.vector()].map((bytes) => bytes.toString("hex"));
    return { recipient, nonce, branch, lead, leaf: leaf === NO_LEAF ? null : leaf, enc, ct };
  },
};

/** RFC 9180 §4, as the next. */
const extract = (hash, id, salt, label, ikm) =>
  hmac(hash, salt.length ? salt : Buffer.alloc(64), "HPKE-v1", id, label, ikm);
function expand(hash, id, prk, label, info, length) {
  const labeled = join(u16(length), "HPKE-v1", id, label, info);
  return hmac(hash, prk, labeled, [1]).subarray(0, length);
}
const KEM_P256 = join("KEM", u16(0x10));

/** DeriveKeyPair of RFC 9180 §7.1.3 (the first candidate is good), and of draft-ietf-hpke-pq-04 §4. */
function keysOf(suite, ikm) {
  if (SUITES[suite].ids[0] === 0x10) {
    const prk = extract("sha256", KEM_P256, "", "dkp_prk", ikm);
    return p256(expand("sha256", KEM_P256, prk, "candidate", [0], 32));
  }
  const shake = (outputLength, ...parts) =>
    createHash("shake256", { outputLength })
      .update(join(...parts))
      .digest();
  const label = "DeriveKeyPair";
  const seed = shake(32, ikm, "HPKE-v1", "KEM", u16(0x50), u16(label.length), label, u16(32));
  const full = shake(192, seed);
  const [mlkem, own] = [ml_kem768.keygen(full.subarray(0, 64)), p256(full.subarray(64, 96))];
  return { ...own, mlkem, public: join(mlkem.publicKey, own.point), point: own.point };
}

function p256(secret) {
  const ecdh = createECDH("prime256v1");
  ecdh.setPrivateKey(secret);
  const point = ecdh.getPublicKey();
  return { ecdh, point, public: point };
}

/** §6.3: what is in an info. */
function openInfo(suite, keys, info, { enc, ct }) {
  const { ids, hash, aead } = SUITES[suite];
  const shared = decapsulate(keys, hex(enc));
  const id = join("HPKE", ...ids.map(u16));
  const context = join(
    [0],
    extract(hash, id, "", "psk_id_hash", ""),
    extract(hash, id, "", "info_hash", info),
  );
  const secret = extract(hash, id, shared, "secret", "");
  const [key, nonce] = [
    expand(hash, id, secret, "key", context, aead),
    expand(hash, id, secret, "base_nonce", context, 12),
  ];
  const decipher = createDecipheriv(`aes-${aead * 8}-gcm`, key, nonce);
  decipher.setAuthTag(hex(ct).subarray(-16));
  return join(decipher.update(hex(ct).subarray(0, -16)), decipher.final());
}

function decapsulate({ ecdh, point, mlkem }, enc) {
  const sent = enc.subarray(-65);
  const dh = ecdh.computeSecret(sent);
  if (mlkem) {
    const pq = ml_kem768.decapsulate(enc.subarray(0, -65), mlkem.secretKey);
    return createHash("sha3-256")
      .update(join(pq, dh, sent, point, "MLKEM768-P256"))
      .digest();
  }
  const prk = extract("sha256", KEM_P256, "", "eae_prk", dh);
  return expand("sha256", KEM_P256, prk, "shared_secret", join(sent, point), 32);
}

/** RFC 9420 §6: group id, epoch, and of a commit its sender. */
function readMls(bytes) {
  const reader = new Reader(bytes);
  assert.equal(reader.uint(2), 1); // mls10
  const format = reader.uint(2);
  if (format === 4) {
    const head = { format, version: reader.uint(2), suite: reader.uint(2) };
    return { ...head, group: reader.mlsVector().toString("hex"), epoch: reader.u64() };
  }
  const head = { format, group: reader.mlsVector().toString("hex"), epoch: reader.u64() };
  const sender = reader.uint(1);
  const leaf = sender === 1 ? reader.uint(4) : null;
  return { ...head, sender, leaf, aad: reader.mlsVector().length, content: reader.uint(1) };
}

/** §6.5. */
function checkName({ authenticator, context, branch, code }) {
  const hash = sha(256, "sealframe/1 mls epoch", hex(authenticator));
  assert.equal(hash.readUInt16BE(0), context);
  assert.equal(hash.subarray(2, 10).toString("hex"), branch);
  const long = sha(512, "sealframe/1 mls code", hex(authenticator));
  const digits = [0, 5, 10, 15, 20, 25].map((at) =>
    `${long.readUIntBE(at, 5) % 100_000}`.padStart(5, "0"),
  );
  assert.equal(digits.join(""), code);
}

function checkCertificate(record, devices, call) {
  const device = devices[record.device];
  const leafKey = p256(hex(record.leafPrivate)).point;
  const toSign = leafToSign(device, call, leafKey);
  assert.equal(leafKey.toString("hex"), record.leafKey);
  assert.equal(toSign.toString("hex"), record.toSign);
  assert.ok(isSigned(signingKey(device), toSign, hex(record.certificate), "ieee-p1363"));
  assert.equal(record.credentialType, 0xf0c0);
  const credential = join([1], hex(device.id), hex(call), hex(record.certificate));
  assert.equal(credential.toString("hex"), record.credential);
}

const signingKey = ({ bundle }) => hex(bundle).subarray(2, 67);

function checkDevice({ signingPrivate, bundle, id }) {
  assert.equal(join([4, 2], p256(hex(signingPrivate)).point).toString("hex"), bundle);
  assert.equal(sha(256, hex(bundle)).subarray(0, 16).toString("hex"), id);
}

function checkNote(record, { devices, callTag }, { suite }) {
  const [device, leafKey] = [devices[record.from], hex(record.leafKey)];
  const toSign = leafToSign(device, callTag, leafKey);
  assert.ok(isSigned(signingKey(device), toSign, hex(record.certificate), "ieee-p1363"));
  assert.ok(isSigned(leafKey, hex(record.toSign), hex(record.signature), "der"));
  assert.ok(isStrict(hex(record.signature)), suite);
}

function checkCommit(record, { callTag }, epochs) {
  const mls = readMls(hex(record.mlsMessage));
  const { format, group, sender, leaf, aad, content } = mls;
  assert.deepEqual(
    { format, group, aad, content },
    { format: 1, group: callTag, aad: 0, content: 3 },
  );
  const before = epochs.find(({ epoch }) => epoch === mls.epoch);
  const isMember = before.members.some(([at, name]) => at === leaf && name === record.from);
  assert.ok(sender === 1 ? isMember : sender === 4);
}

function checkInfo(record, { devices, callTag }, call) {
  const { number, key, enc } = SUITES[call.suite];
  const keys = keysOf(call.suite, hex(call.ikm[record.recipient]));
  const asked = call.messages.find(({ type, nonce }) => type === 3 && nonce === record.nonce);
  assert.equal(keys.public.toString("hex"), asked.key);
  assert.deepEqual(
    [asked.key, record.enc].map((text) => text.length / 2),
    [key, enc],
  );
  const about = join(
    "sealframe/1 mls info",
    hex(callTag),
    hex(devices[record.recipient].id),
    hex(record.nonce),
  );
  const { format, version, suite, group } = readMls(openInfo(call.suite, keys, about, record));
  assert.deepEqual([format, version, suite, group], [4, 1, number, callTag]);
}

function checkMessage(record, file, call) {
  const names = Object.fromEntries(
    Object.entries(file.devices).map(([name, { id }]) => [id, name]),
  );
  const { message, to, from, ...fields } = record;
  assert.ok(to in file.devices);
  assert.deepEqual({ from, ...parse(hex(message), file.callTag, names) }, { from, ...fields });
  if (record.type === 1) return checkCommit(record, file, call.epochs);
  checkNote(record, file, call);
  if (record.type === 4) checkInfo(record, file, call);
}

const file = JSON.parse(readFileSync(new URL("sealframe-group.json", import.meta.url), "utf8"));
assert.equal(sha(256, file.call).subarray(0, 16).toString("hex"), file.callTag);
Object.values(file.devices).forEach(checkDevice);
for (const record of file.certificates) checkCertificate(record, file.devices, file.callTag);
file.names.forEach(checkName);
assert.deepEqual(
  file.calls.map(({ suite, number }) => [suite, number]).sort(),
  Object.entries(SUITES)
    .map(([name, { number }]) => [name, number])
    .sort(),
);
for (const call of file.calls) {
  const types = new Set(call.messages.map(({ type }) => type));
  assert.deepEqual([...types].sort(), [1, 2, 3, 4]);
  for (const record of call.messages) checkMessage(record, file, call);
}
