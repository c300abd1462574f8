// The windows of H.264, H.265 and AV1 for independent.mjs: their ends, and their bound parts.

export const h264 = (wire) =>
  splitNal(
    wire,
    1,
    (b) => [1, 5].includes(b & 31),
    () => [0, 3],
  );
export const h265 = (wire) =>
  splitNal(
    wire,
    2,
    (b) => isSlice265((b >> 1) & 63),
    (b) => [b >> 1 > 15 ? 2 : 1, 1],
  );

const isSlice265 = (type) => type <= 9 || (type >= 16 && type <= 21);

/** The first slice: its header, the bytes with some bits and some ue(v), then the escaped body. */
function splitNal(wire, header, isSlice, fields) {
  const starts = [...wire.keys()].filter(
    (at) => wire.readUIntBE(Math.max(0, at - 3), 3) === 1 && at >= 3,
  );
  const start = starts.find((at) => isSlice(wire[at]));
  const end = skipFields(wire, start + header, ...fields(wire[start]));
  const bound = wire.subarray(start, end);
  return {
    bound,
    body: unescape(wire.subarray(end), /\0*$/.exec(bound.toString("latin1"))[0].length),
  };
}

function skipFields(wire, at, bits, codes) {
  let [left, zeros, byte] = [0, 0, 0];
  const bit = () => {
    if (left === 0) {
      if (zeros >= 2 && wire[at] === 3) [at, zeros] = [at + 1, 0];
      [byte, left] = [wire[at++], 8];
      zeros = byte === 0 ? zeros + 1 : 0;
    }
    return (byte >> --left) & 1;
  };
  for (; bits > 0; bits--) bit();
  for (; codes > 0; codes--) {
    let length = 0;
    while (bit() === 0 && at < wire.length) length++;
    for (; length > 0; length--) bit();
  }
  return at;
}

/** Undoes emulation prevention, after removing the mark of a body that ended in 00 03*. */
function unescape(body, zeros) {
  const before = [...Buffer.alloc(zeros), ...body];
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the bytes are read as Latin-1.
  const marked = /\0\x03+$/.test(Buffer.from(before).toString("latin1"));
  const out = [];
  for (const byte of marked ? body.subarray(0, -1) : body) {
    const skip = zeros >= 2 && byte === 3;
    if (!skip) out.push(byte);
    zeros = byte === 0 ? zeros + 1 : 0;
  }
  return Buffer.from(out);
}

/** OBUs up to the frame OBU. Sizes are bound in shortest form; that of the frame OBU is not. */
export function av1(wire) {
  for (let at = 0, bound = []; ; ) {
    const [type, head] = [
      (wire[at] >> 3) & 15,
      wire[at] & 4 ? [wire[at] | 2, wire[at + 1]] : [wire[at] | 2],
    ];
    const [size, payload] =
      wire[at] & 2 ? leb128(wire, at + head.length) : [wire.length, at + head.length];
    const end = Math.min(payload + size, wire.length);
    if (type === 6)
      return {
        bound: Buffer.from([...bound, ...head, wire[payload]]),
        body: wire.subarray(payload + 1),
      };
    if (type === 1) bound = [...head, ...shortest(size), ...wire.subarray(payload, end)];
    if (end === wire.length) throw new Error("no frame OBU");
    at = end;
  }
}

function leb128(wire, at) {
  let size = 0;
  for (let shift = 0; ; shift += 7) {
    size += (wire[at] & 127) * 2 ** shift;
    if (!(wire[at++] > 127)) return [size, at];
  }
}

const shortest = (size) => (size < 128 ? [size] : [(size & 127) | 128, ...shortest(size >> 7)]);
