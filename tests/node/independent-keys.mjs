// Key messages and recovery containers once more, after docs/protocol.md §2, §3 and §5 alone: on
// WebCrypto, and for ML-KEM and SHA-3 on a package of another author. Nothing of ours is imported.
import { ml_kem768 } from "@noble/post-quantum/ml-kem.js";
import { createHash } from "node:crypto";

const { subtle } = globalThis.crypto;
const ECDH = { name: "ECDH", namedCurve: "P-256" };
const ECDSA = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const OAEP = { name: "RSA-OAEP", hash: "SHA-256" };

export const join = (...parts) => Buffer.concat(parts.map((part) => Buffer.from(part)));
export const uint = (value, length) =>
  Buffer.from(BigInt(value).toString(16).padStart(2 * length, "0"), "hex");
const sha256 = async (...parts) => Buffer.from(await subtle.digest("SHA-256", join(...parts)));
const short = async (bytes) => (await sha256(bytes)).subarray(0, 16);

const KEM = { 1: 0x0010, 2: 0x0050, 3: 0xff03 };
const ENC = { 1: 65, 2: 1088 + 65, 3: 256 };

/** §2. What a bundle says. */
export async function readBundle(bytes) {
  const agreement = bytes[0] === 3 ? 256 : 65;
  const [own, signing] = [bytes.subarray(1, 1 + agreement), bytes.subarray(1 + agreement)];
  return {
    suite: bytes[0],
    id: await short(bytes),
    agreement: own,
    signing: signing.subarray(0, 65),
    mlkem: signing.subarray(65),
  };
}

/** §3. The first 59 bytes. */
export async function header(type, { call, sender, recipient, serial }) {
  const [from, to] = await Promise.all([sender, recipient].map(readBundle));
  return join([1, type, to.suite], await short(call), from.id, to.id, uint(serial, 8));
}

/** §3. The shared secret on the recipient's side; `device` has the private keys as JWK, and the seed. */
export async function decapsulate(device, enc) {
  const { suite, agreement } = await readBundle(device.bundle);
  if (suite === 3) {
    const key = await subtle.importKey("jwk", device.agreement, OAEP, false, ["decrypt"]);
    return { sharedSecret: Buffer.from(await subtle.decrypt(OAEP, key, enc)) };
  }
  const point = enc.subarray(-65);
  const dh = await agree(device.agreement, point);
  if (suite === 1) return { dh, sharedSecret: await extractAndExpand(dh, join(point, agreement)) };
  const { secretKey, publicKey } = ml_kem768.keygen(device.seed);
  const mlkemSecret = Buffer.from(ml_kem768.decapsulate(enc.subarray(0, 1088), secretKey));
  const combined = [mlkemSecret, dh, point, agreement, Buffer.from("MLKEM768-P256")];
  const sharedSecret = createHash("sha3-256").update(join(...combined)).digest();
  return { dh, mlkemKey: Buffer.from(publicKey), mlkemSecret, sharedSecret };
}

/** RFC 9180 §5.1 in base mode, with HKDF-SHA256 and AES-256-GCM. */
export async function keySchedule(suite, sharedSecret, info) {
  const id = join("HPKE", uint(KEM[suite], 2), [0, 1, 0, 2]);
  const pskIdHash = await extract(id, "", "psk_id_hash", "");
  const infoHash = await extract(id, "", "info_hash", info);
  const context = join([0], pskIdHash, infoHash);
  const secret = await extract(id, sharedSecret, "secret", "");
  const key = await expand(id, secret, "key", context, 32);
  const baseNonce = await expand(id, secret, "base_nonce", context, 12);
  return { pskIdHash, infoHash, keyScheduleContext: context, secret, key, baseNonce };
}

/** §3. Opens an envelope for `device`; every value on the way. */
export async function openEnvelope(device, message) {
  const context = message.subarray(0, 59 + 8);
  const enc = message.subarray(67, 67 + ENC[message[2]]);
  const ct = message.subarray(67 + enc.length, -64);
  const secrets = await decapsulate(device, enc);
  const info = join("sealframe/1 envelope", context);
  const schedule = await keySchedule(message[2], secrets.sharedSecret, info);
  const content = await open(schedule.key, schedule.baseNonce, "", ct);
  const [nextFrame, nextData] = [content.subarray(-32, -24), content.subarray(-24, -16)];
  const [baseKey, answers] = [content.subarray(0, -32), content.subarray(-16)];
  return { info, enc, ct, ...secrets, ...schedule, baseKey, nextFrame, nextData, answers };
}

/** §3. Whether the device with this bundle signed the message. */
export async function verify(bundle, message) {
  const { signing } = await readBundle(bundle);
  const key = await subtle.importKey("raw", signing, ECDSA, false, ["verify"]);
  return subtle.verify(ECDSA, key, message.subarray(-64), toSign(message.subarray(0, -64)));
}

export const toSign = (message) => join("sealframe/1 key message", message);

/** §5. The payload of a recovery container; `keys` is what Argon2id gave, 64 bytes. */
export async function openContainer(container, keys) {
  const front = container.subarray(0, 45 + 32);
  if (!front.subarray(45).equals(keys.subarray(32))) throw new Error("wrong password");
  return open(keys.subarray(0, 32), new Uint8Array(12), front, container.subarray(77));
}

async function agree(jwk, point) {
  const key = await subtle.importKey("jwk", jwk, ECDH, false, ["deriveBits"]);
  const peer = await subtle.importKey("raw", point, ECDH, false, []);
  return Buffer.from(await subtle.deriveBits({ ...ECDH, public: peer }, key, 256));
}

// RFC 9180 §4.1.
async function extractAndExpand(dh, kemContext) {
  const id = join("KEM", uint(KEM[1], 2));
  return expand(id, await extract(id, "", "eae_prk", dh), "shared_secret", kemContext, 32);
}

// RFC 9180 §4, LabeledExtract: HKDF-Extract is one HMAC.
async function extract(id, salt, label, ikm) {
  return hmac(salt.length > 0 ? salt : new Uint8Array(32), join("HPKE-v1", id, label, ikm));
}

// RFC 9180 §4, LabeledExpand: up to 32 bytes are one HMAC as well.
async function expand(id, prk, label, info, length) {
  const labeled = join(uint(length, 2), "HPKE-v1", id, label, info, [1]);
  return (await hmac(prk, labeled)).subarray(0, length);
}

async function hmac(secret, bytes) {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await subtle.importKey("raw", secret, algorithm, false, ["sign"]);
  return Buffer.from(await subtle.sign("HMAC", key, bytes));
}

async function open(rawKey, iv, aad, sealed) {
  const key = await subtle.importKey("raw", rawKey, "AES-GCM", false, ["decrypt"]);
  const algorithm = { name: "AES-GCM", iv, additionalData: Buffer.from(aad) };
  return Buffer.from(await subtle.decrypt(algorithm, key, sealed));
}
