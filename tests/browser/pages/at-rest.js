// Bytes and keys in a database.

/** Every array of bytes in a stored value. */
export function arrays(value) {
  if (value instanceof ArrayBuffer) return [new Uint8Array(value)];
  if (ArrayBuffer.isView(value))
    return [new Uint8Array(value.buffer, value.byteOffset, value.byteLength)];
  return value instanceof CryptoKey || Object(value) !== value
    ? []
    : Object.values(value).flatMap(arrays);
}

/** Every key in a stored value. */
export function keys(value) {
  if (value instanceof CryptoKey) return [value];
  return ArrayBuffer.isView(value) || Object(value) !== value
    ? []
    : Object.values(value).flatMap(keys);
}
