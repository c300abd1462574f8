/** A device's keys: made, written as a bundle, and moved into and out of a recovery container. */
import { SealframeError } from "./errors.js";

/** @typedef {Uint8Array<ArrayBuffer>} Bytes */
/** @typedef {{ suite: number, signing: CryptoKeyPair, rsa?: CryptoKeyPair }} Keys `rsa`: of an RSA device; all others make agreement keys for each stay in a call */
export const AGREEMENT = { name: "ECDH", namedCurve: "P-256" };
export const SIGNING = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
export const RSA = { name: "RSA-OAEP", hash: "SHA-256" };
/** Suites by their numbers in a bundle. */
export const SUITES = { p256: 1, hybrid: 2, rsa: 3 };
const NEW_RSA = { ...RSA, modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1) };
/** Of a bundle. */
const VERSION = 4;
/** Where the parts of a bundle end, in bytes: version and suite, signing key, modulus. */
const [FRONT, POINT, MODULUS] = [2, 67, 323];

/** @param {{ postQuantum: unknown, legacy: unknown }} kind @param {boolean} extractable @returns {Promise<Keys>} */
export async function generate({ postQuantum, legacy }, extractable) {
  const signing = await crypto.subtle.generateKey(SIGNING, extractable, ["sign", "verify"]);
  if (legacy !== "device") return { suite: postQuantum === false ? SUITES.p256 : SUITES.hybrid, signing };
  return { suite: SUITES.rsa, signing, rsa: await crypto.subtle.generateKey(NEW_RSA, extractable, ["encrypt", "decrypt"]) };
}

/** The public keys behind version and suite; docs/protocol.md §2 has the layout. */
export async function bundle(/** @type {Keys} */ { suite, signing, rsa }) {
  return join([Uint8Array.of(VERSION, suite), await point(signing.publicKey), rsa ? await modulus(rsa.publicKey) : Uint8Array.of()]);
}

/** What a recovery container holds: bundle ‖ u16 length ‖ PKCS#8 of the signing key, and of the RSA key if there is one. Of extractable keys. */
export async function exportKeys(/** @type {Keys} */ keys) {
  const secret = await Promise.all([keys.signing, ...(keys.rsa ? [keys.rsa] : [])].map(pkcs8));
  const payload = join([await bundle(keys), ...secret.flatMap((key) => [Uint8Array.of(key.length >> 8, key.length), key])]);
  secret.forEach((key) => key.fill(0));
  return payload;
}

/** The same keys, from here on not to be exported. @param {Bytes} payload @returns {Promise<Keys>} */
export async function importKeys(payload) {
  const suite = payload[1];
  const end = suite === SUITES.rsa ? MODULUS : POINT;
  try {
    const [first, rest] = section(payload.subarray(end));
    const signing = await importPair(payload.subarray(FRONT, POINT), first);
    const [second, left] = suite === SUITES.rsa ? section(rest) : [undefined, rest];
    const keys = { suite, signing, ...(second && { rsa: await importRsa(payload.subarray(POINT, MODULUS), second) }) };
    const made = await bundle(keys);
    const known = Object.values(SUITES).includes(suite);
    if (known && left.length === 0 && made.every((byte, at) => byte === payload[at])) return keys;
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

/** @param {Bytes} open @param {Bytes} secret */
async function importPair(open, secret) {
  const privateKey = await crypto.subtle.importKey("pkcs8", secret, SIGNING, false, ["sign"]);
  return { publicKey: await crypto.subtle.importKey("raw", open, SIGNING, true, ["verify"]), privateKey };
}

const point = async (/** @type {CryptoKey} */ key) => new Uint8Array(await crypto.subtle.exportKey("raw", key));
const pkcs8 = async (/** @type {CryptoKeyPair} */ pair) => new Uint8Array(await crypto.subtle.exportKey("pkcs8", pair.privateKey));

async function modulus(/** @type {CryptoKey} */ key) {
  const { n = "" } = await crypto.subtle.exportKey("jwk", key);
  return Uint8Array.from(atob(n.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
}

/** The length-prefixed part in front, and what follows; throws where that is cut short. */
function section(/** @type {Bytes} */ bytes) {
  const end = 2 + (bytes[0] << 8) + bytes[1];
  if (!(bytes.length >= end)) throw new SealframeError("bad-container");
  return [bytes.subarray(2, end), bytes.subarray(end)];
}

function join(/** @type {Uint8Array[]} */ parts) {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  parts.reduce((at, part) => (whole.set(part, at), at + part.length), 0);
  return whole;
}
