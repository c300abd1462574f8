// What the generators share with the script that checks, and AES-256-GCM the other way round.
import { hex, hkdf, join, sha, short, uint } from "../check.mjs";

export { hex, hkdf, join, sha, short, uint };
const { subtle } = globalThis.crypto;

/** A record of a file: bytes become hexadecimal digits. */
export function written(record) {
  const write = (value) =>
    value instanceof Uint8Array ? Buffer.from(value).toString("hex") : value;
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, write(value)]));
}

/** AES-256-GCM: ciphertext and tag. */
export async function seal(rawKey, iv, additionalData, plaintext) {
  const key = await subtle.importKey("raw", rawKey, "AES-GCM", false, ["encrypt"]);
  return Buffer.from(await subtle.encrypt({ name: "AES-GCM", iv, additionalData }, key, plaintext));
}
