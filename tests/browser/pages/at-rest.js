// What a database holds in a form that is more than a key which no script can read.

/** Every array of bytes in what a database holds. */
export function arrays(value) {
  if (value instanceof ArrayBuffer) return [new Uint8Array(value)];
  if (ArrayBuffer.isView(value)) return [new Uint8Array(value.buffer, value.byteOffset, value.byteLength)];
  return value instanceof CryptoKey || Object(value) !== value ? [] : Object.values(value).flatMap(arrays);
}

/** Every key in what a database holds. */
export function keys(value) {
  if (value instanceof CryptoKey) return [value];
  return ArrayBuffer.isView(value) || Object(value) !== value ? [] : Object.values(value).flatMap(keys);
}
