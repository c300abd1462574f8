// docs/protocol.md §2, §3 and §5 a second time, on WebCrypto and with none of our code; checks the vectors beside it.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { ml_kem768 } from "@noble/post-quantum/ml-kem.js";
const { subtle } = globalThis.crypto,
  [ECDH, ECDSA, OAEP] = ["ECDH", "ECDSA", "RSA-OAEP"].map((name) => ({
    name,
    namedCurve: "P-256",
    hash: "SHA-256",
  }));
/** By suite: bytes of the keys in an announcement and of `enc`; the KEM's id; its key's use in WebCrypto. */
const SUITES = {
  1: [65, 65, 0x0010, ECDH, "deriveBits"],
  2: [1249, 1153, 0x0050, ECDH, "deriveBits"],
  3: [0, 256, 0xff03, OAEP, "decrypt"],
};
export const read = (name) =>
  JSON.parse(readFileSync(new URL(`sealframe-${name}.json`, import.meta.url), "utf8"));
export const hex = (text) => Buffer.from(text, "hex");
export const join = (...parts) => Buffer.concat(parts.map((part) => Buffer.from(part)));
export const uint = (value, length) =>
  hex(
    BigInt(value)
      .toString(16)
      .padStart(2 * length, "0"),
  );
const cut = (bytes, ...lengths) =>
  [...lengths, Infinity].map((n) => [bytes.subarray(0, n), (bytes = bytes.subarray(n))][0]); // and the rest
const same = (values, record) =>
  Object.keys(values).forEach((name) =>
    assert.equal(values[name].toString("hex"), record[name], name),
  );
const use = (key, algorithm, usage, format = "raw") =>
  subtle.importKey(format, key, algorithm, true, usage ? [usage] : []);
export const sha = async (bits, ...parts) =>
  Buffer.from(await subtle.digest(`SHA-${bits}`, join(...parts)));
export const short = async (bytes) => (await sha(256, bytes)).subarray(0, 16);
const hmac = async (bits, secret, ...parts) =>
  Buffer.from(
    await subtle.sign(
      "HMAC",
      await use(secret, { name: "HMAC", hash: `SHA-${bits}` }, "sign"),
      join(...parts),
    ),
  );
export const hkdf = async (secret, length, ...info) =>
  (await hmac(512, await hmac(512, new Uint8Array(64), secret), ...info, [1])).subarray(0, length); // RFC 5869
export const extract = (id, salt, label, ikm) =>
  hmac(256, salt || new Uint8Array(32), "HPKE-v1", id, label, ikm); // RFC 9180 §4, as the next
export const expand = async (id, prk, label, info, n) =>
  (await hmac(256, prk, uint(n, 2), "HPKE-v1", id, label, info, [1])).subarray(0, n);
const open = async (key, iv, additionalData, sealed) =>
  Buffer.from(
    await subtle.decrypt(
      { name: "AES-GCM", iv, additionalData },
      await use(key, "AES-GCM", "decrypt"),
      sealed,
    ),
  );
const toSign = (message) => join("sealframe/2 key message", message.subarray(0, -64));
export const verify = async (from, message) =>
  subtle.verify(
    ECDSA,
    await use(from.subarray(2, 67), ECDSA, "verify"),
    message.subarray(-64),
    toSign(message),
  );
const point = ({ x, y }) => join([4], ...[x, y].map((half) => Buffer.from(half, "base64url")));
/** §2. What a device announces of its keys, and what its stay in a call is called. */
const announced = ({ agreementPrivate: jwk, mlkemSeed }) =>
  jwk.n ? join() : join(point(jwk), mlkemSeed ? ml_kem768.keygen(hex(mlkemSeed)).publicKey : []);
const incarnation = async (call, device) =>
  (
    await sha(
      256,
      "sealframe/2 incarnation",
      await short(call),
      hex(device.id),
      [device.suite],
      hex(device.entry),
      announced(device),
    )
  ).subarray(0, 16);
/** §3. An envelope, with every value on the way; of the device its suite, its private key as a JWK, its ML-KEM seed. */
export async function openEnvelope({ suite, agreement, seed }, message) {
  const [, length, kem, algorithm, usage] = SUITES[suite];
  const [context, enc, ct] = cut(message.subarray(0, -64), 91 + 56 + 48, length);
  const [own, rsa, points] = [
    await use(agreement, algorithm, usage, "jwk"),
    suite === 3,
    join(enc.subarray(-65), suite === 3 ? [] : point(agreement)),
  ];
  const dh = Buffer.from(
    await (rsa
      ? subtle.decrypt(OAEP, own, enc)
      : subtle.deriveBits({ ...ECDH, public: await use(enc.subarray(-65), ECDH) }, own, 256)),
  );
  const mlkemSecret = Buffer.from(
    seed ? ml_kem768.decapsulate(enc.subarray(0, 1088), ml_kem768.keygen(seed).secretKey) : [],
  );
  const p256 = await expand(
    join("KEM", uint(kem, 2)),
    await extract(join("KEM", uint(kem, 2)), "", "eae_prk", dh),
    "shared_secret",
    points,
    32,
  );
  const hybrid = createHash("sha3-256")
    .update(join(mlkemSecret, dh, points, "MLKEM768-P256"))
    .digest();
  const [sharedSecret, id, info] = [
    [p256, hybrid, dh][suite - 1],
    join("HPKE", uint(kem, 2), [0, 1, 0, 2]),
    join("sealframe/2 envelope", context),
  ];
  const [pskIdHash, infoHash] = [
    await extract(id, "", "psk_id_hash", ""),
    await extract(id, "", "info_hash", info),
  ];
  const [secret, keyScheduleContext] = [
    await extract(id, sharedSecret, "secret", ""),
    join([0], pskIdHash, infoHash),
  ];
  const [key, baseNonce] = [
    await expand(id, secret, "key", keyScheduleContext, 32),
    await expand(id, secret, "base_nonce", keyScheduleContext, 12),
  ];
  const [baseKey, nextFrame, nextData] = cut(await open(key, baseNonce, join(), ct), -16, 8);
  return {
    info,
    enc,
    ct,
    ...(!rsa && { dh }),
    ...(seed && { mlkemSecret }),
    sharedSecret,
    pskIdHash,
    infoHash,
    keyScheduleContext,
    secret,
    key,
    baseNonce,
    baseKey,
    nextFrame,
    nextData,
  };
}
/** §5. A container's payload, by what Argon2id gave for it; what is refused is thrown with its code. */
async function openContainer(container, keys) {
  const [magic, how, , , check, sealed] = cut(container, 18, 2, 9, 16, 32);
  if (magic.toString() !== "sealframe recovery" || how.length < 2) assert.fail("bad-container");
  if (!how.equals(hex("0201"))) assert.fail("unsupported-version");
  const [memory, passes, lanes] =
    sealed.length < 16
      ? []
      : [container.readUInt32BE(20), container.readUInt32BE(24), container[28]];
  if (!(memory >= 19 << 10 && memory <= 256 << 10 && passes >= 2 && passes <= 8 && lanes === 1))
    assert.fail("bad-container");
  if (!check.equals(keys.subarray(32))) assert.fail("wrong-password");
  return open(keys.subarray(0, 32), Buffer.alloc(12), container.subarray(0, 77), sealed).catch(() =>
    assert.fail("bad-container"),
  );
}
/** §5. The parts of a payload, whose bundle is that of its private keys. */
export async function readPayload(payload) {
  const section = (bytes) => cut(bytes.subarray(2), bytes.readUInt16BE());
  const [bundle, [signing, rest]] = [
    payload.subarray(0, payload[1] === 3 ? 323 : 67),
    section(payload.subarray(payload[1] === 3 ? 323 : 67)),
  ];
  const [rsa, left] = payload[1] === 3 ? section(rest) : [undefined, rest];
  const keys = [[signing, ECDSA, "sign"], ...(rsa ? [[rsa, OAEP, "decrypt"]] : [])];
  const [own, { n = "" } = {}] = await Promise.all(
    keys.map(async (key) => subtle.exportKey("jwk", await use(...key, "pkcs8"))),
  );
  assert.deepEqual(join([4, payload[1]], point(own), Buffer.from(n, "base64url"), left), bundle);
  return { bundle, signing, ...(rsa && { rsa }) };
}
async function checkMessage(
  type,
  { from, to, call, counter, known = true, ...record },
  devices,
  envelopes,
) {
  const [sender, recipient, message] = [devices[from], devices[to], hex(record.message)];
  const stays = [
    await incarnation(call, sender),
    known ? await incarnation(call, recipient) : Buffer.alloc(16),
  ];
  const ids = await Promise.all([call, hex(sender.bundle), hex(recipient.bundle)].map(short));
  const suite = type === 3 ? sender.suite : recipient.suite;
  const [header, body] = cut(message.subarray(0, -64), 91);
  assert.deepEqual(header, join([2, type, suite], ...ids, ...stays, uint(counter, 8)));
  assert.ok(await verify(hex(sender.bundle), message));
  same({ header, toSign: toSign(message), signature: message.subarray(-64) }, record);
  same({ from: ids[1], to: ids[2] }, { from: sender.id, to: recipient.id });
  same(
    { stay: stays[0], keys: announced(sender) },
    { stay: sender.incarnation, keys: sender.keys },
  );
  const parts = type === 2 ? cut(body, 8)[1] : body;
  const [kid, answers, holders, question] = cut(parts, 8, 16, 32, 48);
  if (type < 3) same({ kid, answers, holders }, record);
  if (type === 2)
    same(
      { of: body.subarray(0, 8), list: body.subarray(64) },
      { of: uint(envelopes[record.ofEnvelope].counter, 8).toString("hex"), list: record.list },
    );
  if (record.list)
    same({ holders: await sha(256, "sealframe/2 roster", hex(record.list)) }, record);
  const fields =
    type === 3
      ? Object.fromEntries(
          cut(body, 16, 16, 48, 16).map((part, i) => [
            ["nonce", "answers", "question", "entry", "keys"][i],
            part,
          ]),
        )
      : type === 4
        ? { kept: body }
        : type === 1
          ? { question }
          : {};
  same(fields, record);
  if (type === 1)
    same(
      await openEnvelope(
        {
          suite,
          agreement: recipient.agreementPrivate,
          seed: recipient.mlkemSeed && hex(recipient.mlkemSeed),
        },
        message,
      ),
      record,
    );
}
async function checkHalf({ bundle, ...record }) {
  const first = await sha(512, "sealframe/1 safety number", hex(bundle));
  const last = await Array(5199)
    .fill()
    .reduce(async (last) => sha(512, await last, first), first);
  const groups = [0, 5, 10, 15, 20, 25].map((at) =>
    `${last.readUIntBE(at, 5) % 100_000}`.padStart(5, "0"),
  );
  same({ id: await short(hex(bundle)), half: groups.join("") }, record);
}
const senderKey = (key, sender) => hkdf(hex(key), 32, "sealframe/1 application sender", sender);
async function checkData({ applicationKey, from, baseKey, kid, ctr, label, to, data, message }) {
  const [front, body] = cut(hex(message), 2);
  const [kidBytes, ctrBytes] = [body[0] >> 4, body[0] & 15].map((bits) =>
    bits & 8 ? (bits & 7) + 1 : 0,
  ); // RFC 9605 §4.3
  const [[header, sealed], names] = [
    cut(body, 1 + kidBytes + ctrBytes),
    [label, to ?? ""].flatMap((name) => [[Buffer.byteLength(name)], name]),
  ];
  const derive = async (what, length) =>
    hkdf(
      await hkdf(hex(baseKey), 64, "sealframe/1 data"),
      length,
      `SFrame 1.0 Secret ${what} `,
      hex(kid),
      [0, 5],
    );
  const nonce = (await derive("salt", 12)).map((byte, at) => byte ^ uint(ctr, 12)[at]);
  same(
    {
      front,
      baseKey: applicationKey ? await senderKey(applicationKey, from) : hex(baseKey),
      data: await open(
        await derive("key", 32),
        nonce,
        join(header, "sealframe/1 data", front.subarray(1), ...names),
        sealed,
      ),
    },
    { front: to === null ? "0110" : "0111", baseKey, data },
  );
}
if (process.argv[1].endsWith("check.mjs")) {
  const [
    { devices, envelopes },
    { acks, announcements, notes },
    { cases, refused },
    safety,
    { messages },
    { keys },
  ] = ["envelope", "announcement", "recovery", "safety", "data", "application"].map(read);
  for (const [i, records] of [envelopes, acks, announcements, notes].entries())
    for (const record of records) await checkMessage(i + 1, record, devices, envelopes);
  for (const { container, key, check, device, ...record } of cases) {
    const payload = await openContainer(hex(container), hex(key + check));
    same(
      { header: hex(container).subarray(0, 45), salt: hex(container).subarray(29, 45), payload },
      record,
    );
    if (device) same(await readPayload(payload), device);
  }
  for (const { container, key = "", check = "", code, why } of refused)
    await assert.rejects(openContainer(hex(container), hex(key + check)), { message: code }, why);
  for (const device of Object.values(safety.devices)) await checkHalf(device);
  for (const { one, other, number } of safety.pairs)
    assert.equal(
      [one, other]
        .map((name) => safety.devices[name].half)
        .sort()
        .join(""),
      number.replaceAll(" ", ""),
    );
  for (const record of messages) await checkData(record);
  for (const { applicationKey, senders } of keys)
    for (const name of Object.keys(senders))
      same({ [name]: await senderKey(applicationKey, name) }, senders);
}
