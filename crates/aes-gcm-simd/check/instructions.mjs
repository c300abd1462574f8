// The instructions that compute: i32 as a signed number, i64 as an unsigned BigInt, v128 as 16
// bytes. Those that the engine and its allocator are compiled to; any other is an error.

const bits = (value) => BigInt.asUintN(64, value);
const signed = (value) => BigInt.asIntN(64, value);
const rotate = (x, n) => (n & 31 ? (x << (n & 31)) | (x >>> (32 - (n & 31))) : x);
const rotate64 = (x, n) => bits((x << (n % 64n)) | (x >> ((64n - (n % 64n)) % 64n)));
const ctz = (x) => (x ? 31 - Math.clz32(x & -x) : 32);
const VARIABLE = "division, whose time depends on its operands";

const i32 = {
  0x45: (a) => +(a === 0),
  0x46: (a, b) => +(a === b),
  0x47: (a, b) => +(a !== b),
  0x48: (a, b) => +(a < b),
  0x49: (a, b) => +(a >>> 0 < b >>> 0),
  0x4a: (a, b) => +(a > b),
  0x4b: (a, b) => +(a >>> 0 > b >>> 0),
  0x4c: (a, b) => +(a <= b),
  0x4d: (a, b) => +(a >>> 0 <= b >>> 0),
  0x4e: (a, b) => +(a >= b),
  0x4f: (a, b) => +(a >>> 0 >= b >>> 0),
  0x67: (a) => Math.clz32(a),
  0x68: (a) => ctz(a),
  0x6a: (a, b) => (a + b) | 0,
  0x6b: (a, b) => (a - b) | 0,
  0x6c: (a, b) => Math.imul(a, b),
  0x6e: (a, b) => ((a >>> 0) / (b >>> 0)) | 0,
  0x70: (a, b) => ((a >>> 0) % (b >>> 0)) | 0,
  0x71: (a, b) => a & b,
  0x72: (a, b) => a | b,
  0x73: (a, b) => a ^ b,
  0x74: (a, b) => a << b,
  0x75: (a, b) => a >> b,
  0x76: (a, b) => (a >>> b) | 0,
  0x77: (a, b) => rotate(a, b),
  0x78: (a, b) => rotate(a, 32 - (b & 31)),
  0xa7: (a) => Number(BigInt.asIntN(32, a)),
  0xc0: (a) => (a << 24) >> 24,
  0xc1: (a) => (a << 16) >> 16,
};

const i64 = {
  0x50: (a) => +(a === 0n),
  0x51: (a, b) => +(a === b),
  0x52: (a, b) => +(a !== b),
  0x54: (a, b) => +(a < b),
  0x56: (a, b) => +(a > b),
  0x58: (a, b) => +(a <= b),
  0x5a: (a, b) => +(a >= b),
  0x7c: (a, b) => bits(a + b),
  0x7d: (a, b) => bits(a - b),
  0x7e: (a, b) => bits(a * b),
  0x83: (a, b) => a & b,
  0x84: (a, b) => a | b,
  0x85: (a, b) => a ^ b,
  0x86: (a, b) => bits(a << (b & 63n)),
  0x87: (a, b) => bits(signed(a) >> (b & 63n)),
  0x88: (a, b) => a >> (b & 63n),
  0x89: (a, b) => rotate64(a, b),
  0x8a: (a, b) => rotate64(a, 64n - (b % 64n)),
  0xac: (a) => bits(BigInt(a)),
  0xad: (a) => BigInt(a >>> 0),
};

const lanes = (of) => Uint8Array.from({ length: 16 }, (_, i) => of(i));
const words = (bytes) => new DataView(bytes.buffer, bytes.byteOffset, 16);
const replaced = (vector, put) => {
  const bytes = vector.slice();
  put(words(bytes));
  return bytes;
};
/** Each half of 64 bits for itself. */
const halves = (vector, of) =>
  replaced(vector, (view) =>
    [0, 8].forEach((at) => view.setBigUint64(at, bits(of(view.getBigUint64(at, true))), true)),
  );
const repeat = (bytes) => lanes((i) => bytes[i % bytes.length]);
const number64 = (value) => {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value, true);
  return bytes;
};

const v128 = {
  0xfd0d: (a, b, { lanes: from }) => lanes((i) => (from[i] < 16 ? a[from[i]] : b[from[i] - 16])),
  0xfd0e: (a, b) => lanes((i) => a[b[i]] ?? 0),
  0xfd0f: (a) => repeat([a]),
  0xfd12: (a) => repeat(number64(a)),
  0xfd16: (a, { lane }) => a[lane],
  0xfd17: (a, b, { lane }) => replaced(a, (view) => view.setUint8(lane, b)),
  0xfd1b: (a, { lane }) => words(a).getInt32(4 * lane, true),
  0xfd1c: (a, b, { lane }) => replaced(a, (view) => view.setInt32(4 * lane, b, true)),
  0xfd1d: (a, { lane }) => words(a).getBigUint64(8 * lane, true),
  0xfd1e: (a, b, { lane }) => replaced(a, (view) => view.setBigUint64(8 * lane, b, true)),
  0xfd23: (a, b) => lanes((i) => (a[i] === b[i] ? 255 : 0)),
  0xfd24: (a, b) => lanes((i) => (a[i] !== b[i] ? 255 : 0)),
  0xfd4d: (a) => lanes((i) => ~a[i]),
  0xfd4e: (a, b) => lanes((i) => a[i] & b[i]),
  0xfd4f: (a, b) => lanes((i) => a[i] & ~b[i]),
  0xfd50: (a, b) => lanes((i) => a[i] | b[i]),
  0xfd51: (a, b) => lanes((i) => a[i] ^ b[i]),
  0xfd52: (a, b, c) => lanes((i) => (a[i] & c[i]) | (b[i] & ~c[i])),
  0xfd53: (a) => +a.some(Boolean),
  0xfd61: (a) => lanes((i) => -a[i]),
  0xfd6c: (a, b) => lanes((i) => ((a[i] << 24) >> 24) >> (b & 7)),
  0xfdcb: (a, b) => halves(a, (half) => half << BigInt(b & 63)),
  0xfdcd: (a, b) => halves(a, (half) => half >> BigInt(b & 63)),
  // `i8x16.relaxed_swizzle`: of these indices, and of no others, it is everywhere the same.
  0xfe00: (a, b) => {
    if (b.some((index) => index > 15 && index < 128)) throw new Error("a lookup left to the CPU");
    return lanes((i) => a[b[i]] ?? 0);
  },
};

/** By opcode: how many operands, what comes of them, and whether that takes always as long. */
export const OPERATIONS = Object.fromEntries(
  Object.entries({ ...i32, ...i64, ...v128 }).map(([op, of]) => [
    op,
    { of, operands: operands(of), variable: [0x6e, 0x70].includes(+op) ? VARIABLE : undefined },
  ]),
);

/** The last parameter of some is the instruction itself, taken apart. */
function operands(of) {
  return of.length - (/^\([^)]*\{/.test(of.toString()) ? 1 : 0);
}

const intoHalf = (vector, half, bytes) =>
  lanes((i) => (i >> 3 === half ? bytes[i & 7] : vector[i]));
const first = (length, bytes) => Uint8Array.from({ length }, (_, i) => bytes[i] ?? 0);
export const VECTOR_MEMORY = {
  0xfd00: { width: 16, load: (bytes) => bytes.slice() },
  0xfd07: { width: 1, load: (bytes) => repeat(bytes) },
  0xfd09: { width: 4, load: (bytes) => repeat(bytes) },
  0xfd0a: { width: 8, load: (bytes) => repeat(bytes) },
  0xfd0b: { width: 16, store: (vector) => vector },
  0xfd57: { width: 8, load: (bytes, { lane }, vector) => intoHalf(vector, lane, bytes) },
  0xfd5b: { width: 8, store: (vector, { lane }) => vector.subarray(8 * lane, 8 * lane + 8) },
  0xfd5c: { width: 4, load: (bytes) => first(16, bytes) },
  0xfd5d: { width: 8, load: (bytes) => first(16, bytes) },
};
