/** Buffers of at most this many bytes are not worth freeing by hand. */
const MAX_SMALL_BYTES = 512;

/**
 * A buffer with these bytes, to replace `buffer`. It frees the memory of `buffer` at once and not
 * at the next garbage collection: the next buffer gets that memory while it is in the cache.
 */
export function replaceBuffer(buffer: ArrayBuffer, bytes: Uint8Array<ArrayBuffer>): ArrayBuffer {
  // Browsers before 2024 have no `transfer()`.
  if (bytes.length > MAX_SMALL_BYTES) buffer.transfer?.(0);
  return bytes.slice().buffer;
}
