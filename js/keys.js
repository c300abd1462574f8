/** A device's key pairs: made, written as a bundle, and moved into and out of a recovery container. */
import { mlKemPublic } from "./engine.js";
import { SealframeError } from "./errors.js";

/** @typedef {Uint8Array<ArrayBuffer>} Bytes */
/** @typedef {{ agreement: CryptoKeyPair, signing: CryptoKeyPair, seed?: Bytes }} Keys `seed`: of an ML-KEM-768 key */
export const AGREEMENT = { name: "ECDH", namedCurve: "P-256" };
export const SIGNING = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
export const RSA = { name: "RSA-OAEP", hash: "SHA-256" };
const NEW_RSA = { ...RSA, modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1) };
/** Of a bundle of each version, in bytes. */
const LENGTHS = [0, 131, 1315, 322];
const SEED = 64;

export const isRsa = (/** @type {CryptoKeyPair} */ { publicKey }) => publicKey.algorithm.name === RSA.name;

/** @param {{ postQuantum: unknown, legacy: unknown }} kind @param {boolean} extractable @returns {Promise<Keys>} */
export async function generate({ postQuantum, legacy }, extractable) {
  const rsa = legacy === "device";
  const agreement = await (rsa
    ? crypto.subtle.generateKey(NEW_RSA, extractable, ["encrypt", "decrypt"])
    : crypto.subtle.generateKey(AGREEMENT, extractable, ["deriveBits"]));
  const signing = await crypto.subtle.generateKey(SIGNING, extractable, ["sign", "verify"]);
  return { agreement, signing, ...(postQuantum !== false && !rsa && { seed: crypto.getRandomValues(new Uint8Array(SEED)) }) };
}

/** The public keys behind a version number; docs/protocol.md §2 has the three layouts. */
export async function bundle(/** @type {Keys} */ { agreement, signing, seed }) {
  const first = isRsa(agreement) ? await modulus(agreement.publicKey) : await point(agreement.publicKey);
  const version = isRsa(agreement) ? 3 : seed ? 2 : 1;
  return join([Uint8Array.of(version), first, await point(signing.publicKey), seed ? mlKemPublic(seed) : Uint8Array.of()]);
}

/** What a recovery container holds: bundle ‖ (u16 length ‖ PKCS#8) twice ‖ seed. Of extractable keys; the seed is wiped. */
export async function exportKeys(/** @type {Keys} */ keys) {
  const { agreement, signing, seed = Uint8Array.of() } = keys;
  const secret = await Promise.all([pkcs8(agreement), pkcs8(signing)]);
  const parts = secret.flatMap((key) => [Uint8Array.of(key.length >> 8, key.length), key]);
  const payload = join([await bundle(keys), ...parts, seed]);
  [...secret, seed].forEach((key) => key.fill(0));
  return payload;
}

/** The same keys, from here on not to be exported. @param {Bytes} payload @returns {Promise<Keys>} */
export async function importKeys(payload) {
  const end = LENGTHS[payload[0]];
  if (!end || payload.length < end) throw new SealframeError("bad-container");
  const [[first, rest], rsa] = [section(payload.subarray(end)), payload[0] === 3];
  const [second, seed] = section(rest);
  try {
    const agreement = await (rsa ? importRsa(payload.subarray(1, 257), first) : importPair(AGREEMENT, ["deriveBits"], payload.subarray(1, 66), first));
    const at = rsa ? 257 : 66;
    const signing = await importPair(SIGNING, ["sign"], payload.subarray(at, at + 65), second);
    const keys = { agreement, signing, ...(payload[0] === 2 && { seed: seed.slice() }) };
    const made = await bundle(keys);
    const whole = seed.length === (payload[0] === 2 ? SEED : 0) && made.every((byte, at) => byte === payload[at]);
    if (whole) return keys;
  } catch {
    // As if it were not whole.
  }
  throw new SealframeError("bad-container");
}

/** From its modulus; the exponent is 65537. */
export function rsaPublic(/** @type {Bytes} */ n) {
  const text = btoa(String.fromCharCode(...n)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  return crypto.subtle.importKey("jwk", { kty: "RSA", n: text, e: "AQAB" }, RSA, true, ["encrypt"]);
}

async function importRsa(/** @type {Bytes} */ n, /** @type {Bytes} */ secret) {
  const privateKey = await crypto.subtle.importKey("pkcs8", secret, RSA, false, ["decrypt"]);
  return { publicKey: await rsaPublic(n), privateKey };
}

/** @param {typeof AGREEMENT} algorithm @param {KeyUsage[]} usages @param {Bytes} open @param {Bytes} secret */
async function importPair(algorithm, usages, open, secret) {
  const privateKey = await crypto.subtle.importKey("pkcs8", secret, algorithm, false, usages);
  return { publicKey: await crypto.subtle.importKey("raw", open, algorithm, true, usages[0] === "sign" ? ["verify"] : []), privateKey };
}

const point = async (/** @type {CryptoKey} */ key) => new Uint8Array(await crypto.subtle.exportKey("raw", key));
const pkcs8 = async (/** @type {CryptoKeyPair} */ pair) => new Uint8Array(await crypto.subtle.exportKey("pkcs8", pair.privateKey));

async function modulus(/** @type {CryptoKey} */ key) {
  const { n = "" } = await crypto.subtle.exportKey("jwk", key);
  return Uint8Array.from(atob(n.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
}

/** The length-prefixed part in front, and what follows. */
function section(/** @type {Bytes} */ bytes) {
  const end = 2 + (bytes[0] << 8) + bytes[1];
  return [bytes.subarray(2, end), bytes.subarray(end)];
}

function join(/** @type {Uint8Array[]} */ parts) {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  parts.reduce((at, part) => (whole.set(part, at), at + part.length), 0);
  return whole;
}
