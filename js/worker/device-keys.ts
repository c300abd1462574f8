/** A device's keys: makes them, writes their bundle, and moves them to and from recovery files. */
import { SealframeError } from "../shared/errors.js";
import type { Bytes } from "../shared/types.js";

/**
 * A device's keys. An RSA device has an agreement key, too. Other devices make one each time they
 * enter a call.
 */
export interface Keys {
  suite: number;
  signing: CryptoKeyPair;
  rsa?: CryptoKeyPair;
}

/** The kind of device to make. */
export interface Kind {
  postQuantum: boolean | "required";
  legacy: false | "accept" | "device";
}

export const AGREEMENT = { name: "ECDH", namedCurve: "P-256" };
export const SIGNING = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
export const RSA = { name: "RSA-OAEP", hash: "SHA-256" };
/** Suites by their numbers in a bundle. */
export const SUITES = { p256: 1, hybrid: 2, rsa: 3 };
const NEW_RSA = { ...RSA, modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1) };
/** The version of a bundle. */
const VERSION = 4;
/** Offsets in a bundle: after version and suite, after the signing key, after the modulus. */
const [FRONT_END, POINT_END, MODULUS_END] = [2, 67, 323];

export async function generate({ postQuantum, legacy }: Kind, extractable: boolean): Promise<Keys> {
  const signing = await crypto.subtle.generateKey(SIGNING, extractable, ["sign", "verify"]);
  if (legacy !== "device")
    return { suite: postQuantum === false ? SUITES.p256 : SUITES.hybrid, signing };
  const rsa = await crypto.subtle.generateKey(NEW_RSA, extractable, ["encrypt", "decrypt"]);
  return { suite: SUITES.rsa, signing, rsa };
}

/** The bundle of the public keys: docs/protocol.md §2. */
export async function bundle({ suite, signing, rsa }: Keys): Promise<Bytes> {
  const open = await point(signing.publicKey);
  return bundleOf(suite, open, rsa ? await modulus(rsa.publicKey) : Uint8Array.of());
}

/** The bundle of a P-256 point, and of the modulus of an RSA device. */
export function bundleOf(suite: number, point: Uint8Array, modulus = new Uint8Array()): Bytes {
  return join([Uint8Array.of(VERSION, suite), point, modulus]);
}

/**
 * The payload of a recovery file: bundle, and PKCS#8 of the signing key and of the RSA key if there
 * is one, each after its length in two bytes. The keys must be extractable.
 */
export async function exportKeys(keys: Keys): Promise<Bytes> {
  const secret = await Promise.all([keys.signing, ...(keys.rsa ? [keys.rsa] : [])].map(pkcs8));
  const payload = join([
    await bundle(keys),
    ...secret.flatMap((key) => [Uint8Array.of(key.length >> 8, key.length), key]),
  ]);
  for (const key of secret) key.fill(0);
  return payload;
}

/**
 * Imports the keys in a payload. From then on no script can read them. Throws "bad-container" if
 * the payload is invalid, and "mismatched-keys" if private and public keys do not belong together.
 */
export async function importKeys(payload: Bytes): Promise<Keys> {
  const keys = await read(payload);
  if (!(await fit(keys))) throw new SealframeError("mismatched-keys");
  return keys;
}

/** The public RSA key with this modulus; the exponent is 65537. */
export function rsaPublic(n: Bytes): Promise<CryptoKey> {
  const text = btoa(String.fromCharCode(...n))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replace(/=+$/, "");
  const key = { kty: "RSA", n: text, e: "AQAB" };
  return crypto.subtle.importKey("jwk", key, RSA, true, ["encrypt"]);
}

async function read(payload: Bytes): Promise<Keys> {
  try {
    const { keys, left } = await readParts(payload);
    const made = await bundle(keys);
    const known = Object.values(SUITES).includes(keys.suite);
    if (known && left.length === 0 && made.every((byte, at) => byte === payload[at])) return keys;
  } catch {
    // Every error here means that the payload is invalid.
  }
  throw new SealframeError("bad-container");
}

/** The keys, and the bytes after them. */
async function readParts(payload: Bytes): Promise<{ keys: Keys; left: Bytes }> {
  const suite = payload[1] ?? 0;
  const [first, rest] = section(payload.subarray(suite === SUITES.rsa ? MODULUS_END : POINT_END));
  const signing = await importPair(payload.subarray(FRONT_END, POINT_END), first);
  if (suite !== SUITES.rsa) return { keys: { suite, signing }, left: rest };
  const [second, left] = section(rest);
  const rsa = await importRsa(payload.subarray(POINT_END, MODULUS_END), second);
  return { keys: { suite, signing, rsa }, left };
}

/**
 * Whether private and public keys belong together. If not, others could refuse the device's
 * messages, or it could open none.
 */
async function fit({ signing, rsa }: Keys): Promise<boolean> {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  const signature = await crypto.subtle.sign(SIGNING, signing.privateKey, bytes);
  if (!(await crypto.subtle.verify(SIGNING, signing.publicKey, signature, bytes))) return false;
  if (!rsa) return true;
  const sealed = await crypto.subtle.encrypt(RSA, rsa.publicKey, bytes);
  const opened = await crypto.subtle
    .decrypt(RSA, rsa.privateKey, sealed)
    .catch(() => new ArrayBuffer(0));
  return new Uint8Array(opened).join() === bytes.join();
}

async function importRsa(n: Bytes, secret: Bytes): Promise<CryptoKeyPair> {
  const privateKey = await crypto.subtle.importKey("pkcs8", secret, RSA, false, ["decrypt"]);
  return { publicKey: await rsaPublic(n), privateKey };
}

async function importPair(open: Bytes, secret: Bytes): Promise<CryptoKeyPair> {
  const privateKey = await crypto.subtle.importKey("pkcs8", secret, SIGNING, false, ["sign"]);
  const publicKey = await crypto.subtle.importKey("raw", open, SIGNING, true, ["verify"]);
  return { publicKey, privateKey };
}

async function point(key: CryptoKey): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.exportKey("raw", key));
}

async function pkcs8({ privateKey }: CryptoKeyPair): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.exportKey("pkcs8", privateKey));
}

async function modulus(key: CryptoKey): Promise<Bytes> {
  const { n = "" } = await crypto.subtle.exportKey("jwk", key);
  const text = atob(n.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

/** The part after a length in two bytes, and what follows. Throws if the part is incomplete. */
function section(bytes: Bytes): [Bytes, Bytes] {
  const [high = NaN, low = NaN] = bytes;
  const end = 2 + (high << 8) + low;
  if (!(bytes.length >= end)) throw new SealframeError("bad-container");
  return [bytes.subarray(2, end), bytes.subarray(end)];
}

export function join(parts: Uint8Array[]): Bytes {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
