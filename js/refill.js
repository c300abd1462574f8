/** Bytes up to which a buffer is not worth giving back by hand. */
const SMALL = 512;

/**
 * These bytes in a buffer of their own, in place of `buffer`, whose memory is free at once and not when
 * garbage is collected: the next buffer takes it up while it is in the cache.
 * @param {ArrayBuffer} buffer @param {Uint8Array} bytes
 */
export function refill(buffer, bytes) {
  if (bytes.length > SMALL) buffer.transfer?.(0);
  return bytes.slice().buffer;
}
