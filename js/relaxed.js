/** The core's byte lookups, by the faster of two instructions where the engine has it. */

/**
 * A module with every `i8x16.swizzle` an `i8x16.relaxed_swizzle`: on x64 that is one instruction
 * instead of three, and the cipher has no index for which they differ. The build has made room for
 * it, and found these bytes nowhere else: crates/xtask/src/swizzle.rs.
 */
export function relaxed(/** @type {Uint8Array<ArrayBuffer>} */ module) {
  const bytes = new Uint8Array(module);
  for (let at = bytes.indexOf(0xfd); at >= 0; at = bytes.indexOf(0xfd, at + 1))
    if (bytes[at + 1] === 0x8e && bytes[at + 2] === 0) bytes.set([0x80, 0x02], at + 1);
  return WebAssembly.validate(bytes) ? bytes : module;
}
