// The syntax of codecs, as far as an observer without keys needs it: how long the window of a
// sealed frame is, and whether bytes can come from an encoder. It shares no code with the core.

/** Bytes of an H.264 slice header that are read at most: three numbers of 63 bits, escaped. */
const SLICE_HEADER = 40;

/** OBU type of a frame header with its tile data (AV1 §5.3.2, OBU_FRAME). */
const OBU_FRAME = 6;

/**
 * The number of bytes in front of the SFrame header (docs/protocol.md §1.2), or undefined if the
 * codec is unknown here or the bytes do not have its syntax. Audio frames have no window.
 * @param {string} mime such as "video/VP8" @param {Uint8Array} bytes
 */
export function windowLength(mime, bytes) {
  const codec = mime.toLowerCase();
  // A browser names no codec after its payload type has lost its meaning: the MIME type is
  // "audio/".
  if (codec.startsWith("audio/")) return 0;
  // RFC 6386 §9.1: bit 0 of the first byte is 0 in a key frame, whose header has 10 bytes.
  if (codec === "video/vp8") return Math.min(bytes[0] & 1 ? 1 : 10, bytes.length);
  if (codec === "video/vp9") return 1;
  if (codec === "video/h264") return h264Window(bytes);
  if (codec === "video/av1") return av1Window(bytes);
  return undefined;
}

/**
 * Whether an encoder of this codec can make these bytes. Compressed data has little redundancy, so
 * "yes" alone proves nothing: see `Census`.
 * @param {string} mime @param {Uint8Array} bytes
 */
export function parses(mime, bytes) {
  const parse = PARSERS[mime.toLowerCase()];
  return parse ? parse(bytes) : true;
}

/**
 * Each byte of an H.26x payload that is not emulation prevention, with its place: `[place, byte]`.
 * The first `skip` bytes count as context only.
 * @param {Uint8Array} bytes
 */
export function* unescaped(bytes, skip = 0) {
  let zeros = 0;
  for (const [at, byte] of bytes.entries()) {
    const prevents = at >= skip && zeros >= 2 && byte === 3;
    zeros = byte === 0 ? zeros + 1 : 0;
    if (at >= skip && !prevents) yield [at, byte];
  }
}

/** The window ends with the byte that has the last bit of the first slice's first three numbers. */
function h264Window(bytes) {
  const [slice] = nalUnits(bytes).find(([start]) => [1, 5].includes(bytes[start] & 31)) ?? [];
  if (slice === undefined) return undefined;
  const header = bytes.subarray(slice + 1, slice + 1 + SLICE_HEADER);
  const payload = [...unescaped(header)];
  const bits = golombLength(payload.map(([, byte]) => byte));
  const last = payload[(bits - 1) >> 3];
  return last ? slice + 1 + last[0] + 1 : bytes.length;
}

/** How many bits three Exp-Golomb numbers take (H.264 §9.1). */
function golombLength(bytes) {
  let bits = 0;
  const read = () => (bytes[bits >> 3] >> (7 - (bits++ & 7))) & 1;
  for (let number = 0; number < 3; number++) {
    let zeros = 0;
    while (bits < 8 * bytes.length && read() === 0) zeros++;
    bits += zeros;
  }
  return bits;
}

/** The window ends behind the first payload byte of the frame OBU. */
function av1Window(bytes) {
  const frame = obus(bytes)?.find(({ type }) => type === OBU_FRAME);
  return frame && frame.payload + 1;
}

/** The places of NAL units behind their start codes: `[start, end]`. */
function nalUnits(bytes) {
  const starts = [];
  for (let i = 0; i + 2 < bytes.length; i++) {
    if (bytes[i] === 0 && bytes[i + 1] === 0 && bytes[i + 2] === 1) starts.push(i + 3);
  }
  return starts.map((start, i) => [start, (starts[i + 1] ?? bytes.length + 3) - 3]);
}

/** Every OBU of the frame, or undefined if the OBUs do not fill it exactly (AV1 §5.3). */
function obus(bytes) {
  const found = [];
  for (let at = 0; at < bytes.length; ) {
    const header = bytes[at];
    if (header & 0x81) return undefined;
    let payload = at + 1 + ((header >> 2) & 1);
    let size = bytes.length - payload;
    if (header & 2) [size, payload] = leb128(bytes, payload);
    if (payload + size > bytes.length || size < 0) return undefined;
    found.push({ type: (header >> 3) & 15, payload });
    at = payload + size;
  }
  return found;
}

/** A number of AV1 §4.10.5, and the place behind it. */
function leb128(bytes, at) {
  let value = 0;
  for (let shift = 0; shift < 32; shift += 7) {
    const byte = bytes[at++];
    value += (byte & 127) * 2 ** shift;
    if (!(byte & 128)) break;
  }
  return [value, at];
}

const PARSERS = {
  // RFC 6716 §3.2: frames of code 3 have a count; those of codes 0 to 2 fit almost any length.
  "audio/opus": (bytes) =>
    (bytes[0] & 3) !== 3 || (bytes.length > 1 && (bytes[1] & 63) > 0 && (bytes[1] & 63) <= 48),
  // RFC 6386 §9.1: the first partition lies inside; key frames have a start code and a size.
  "video/vp8": (bytes) => {
    const tag = bytes[0] | (bytes[1] << 8) | (bytes[2] << 16);
    const key = (tag & 1) === 0;
    const start = key ? 10 : 3;
    const marked = !key || (bytes[3] === 0x9d && bytes[4] === 1 && bytes[5] === 0x2a);
    return marked && ((tag >> 1) & 7) <= 3 && start + (tag >> 5) <= bytes.length;
  },
  "video/vp9": (bytes) => bytes[0] >> 6 === 2,
  "video/h264": (bytes) => {
    const headers = nalUnits(bytes).map(([start]) => bytes[start]);
    return headers.length > 0 && headers.every((byte) => !(byte & 0x80) && (byte & 31) <= 21);
  },
  "video/av1": (bytes) => obus(bytes) !== undefined,
};
