// Looks for the seed of an ML-KEM key, which no page ever sees: by the public key that it makes.
import init, { ml_kem_public } from "/dist/core.js";

/** Every array of bytes in what a database holds. */
export function arrays(value) {
  if (value instanceof ArrayBuffer) return [new Uint8Array(value)];
  if (ArrayBuffer.isView(value)) return [new Uint8Array(value.buffer, value.byteOffset, value.byteLength)];
  return value instanceof CryptoKey || Object(value) !== value ? [] : Object.values(value).flatMap(arrays);
}

/** Whether any 64 bytes in a row are the seed of the ML-KEM key that this bundle ends with. */
export function holdsSeed(bundle, bytes) {
  const key = bundle.subarray(-1184);
  const windows = Array.from({ length: Math.max(0, bytes.length - 63) }, (_, at) => bytes.slice(at, at + 64));
  return windows.some((seed) => ml_kem_public(seed).every((byte, at) => byte === key[at]));
}

/** Gets ready, and says whether a seed is found that is there. */
export async function findsSeeds() {
  await init({ module_or_path: fetch("/dist/core.wasm") });
  const bytes = crypto.getRandomValues(new Uint8Array(100));
  return holdsSeed(ml_kem_public(bytes.slice(30, 94)), bytes) && !holdsSeed(ml_kem_public(bytes.slice(0, 64)), bytes.subarray(1));
}
