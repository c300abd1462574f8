/** Bytes up to which a buffer of its own is cheaper than one transferred. */
const SMALL = 512;

/**
 * A frame's buffer with other contents. To transfer a large one costs a third of a new one: its
 * memory is in the cache, and is free again at once instead of when garbage is collected.
 * @param {ArrayBuffer} buffer @param {Uint8Array} bytes
 */
export function refill(buffer, bytes) {
  if (bytes.length <= SMALL) return bytes.slice().buffer;
  const other = buffer.transfer?.(bytes.length) ?? new ArrayBuffer(bytes.length);
  new Uint8Array(other).set(bytes);
  return other;
}
