// What can be told about a frame on the wire without a key: the header of a sealed frame, and
// whether a frame that should be sealed is one at all. It shares no code with the core.

/** RED carries Opus packets behind blocks of its own; to a tap it is just bytes. */
const NO_WINDOW = new Set(["opus", "red", "g722", "pcmu", "pcma", "multiopus", "cn", "l16"].map((name) => `audio/${name}`));
const TAG = 16;
/** How many frames of its sender one may be late. */
const LATE = 64n;

/**
 * The SFrame header (RFC 9605 §4.3) of a sealed frame.
 * @param {string} mime @param {Uint8Array} wire
 * @returns {{ kid: bigint, ctr: bigint } | undefined}
 */
export function sealedHeader(mime, wire) {
  const end = windowEnd(mime.toLowerCase(), wire);
  if (end === undefined) return undefined;
  const escaped = /h26[45]/i.test(mime);
  const body = escaped ? unescape(wire.subarray(Math.max(0, end - 2)), Math.min(end, 2)) : wire.subarray(end);
  return readHeader(body);
}

/** Tells frames apart; not secure. @param {Uint8Array} bytes */
export function digest(bytes) {
  let [a, b] = [0x811c9dc5, 0x9747b28c];
  for (const byte of bytes) {
    a = Math.imul(a ^ byte, 0x01000193);
    b = Math.imul(b ^ byte, 0x5bd1e995) ^ (b >>> 15);
  }
  return `${bytes.length} ${a >>> 0} ${b >>> 0}`;
}

/**
 * Whether the bytes can be what an encoder of this codec makes. Compressed data has little
 * redundancy, so a "yes" alone proves nothing: see `Census`.
 * @param {string} mime @param {Uint8Array} bytes
 */
export function parses(mime, bytes) {
  const parse = PARSERS[mime.toLowerCase()];
  return parse ? parse(bytes) : true;
}

/**
 * Tells sealed frames from plaintext, without keys, over all frames of one sender.
 *
 * A sealed frame names a KID and, under that KID, a counter that no other frame has; within a
 * stream it grows. Codec data read the same way gives KIDs and counters at random. So frames are
 * judged by KID, and late: a frame is plaintext if it parses as codec data and its KID is not one
 * that other frames use as a key is used.
 */
export class Census {
  #groups = new Map();
  #strange = 0;
  #plaintext = 0;

  /** @param {string} stream @param {string} mime @param {Uint8Array} wire */
  add(stream, mime, wire) {
    const header = sealedHeader(mime, wire);
    const parsed = parses(mime, wire);
    if (header) this.#group(stream, header.kid).add(header.ctr, wire, parsed);
    else if (parsed) this.#plaintext++;
    else this.#strange++;
  }

  /** `strange` frames are neither: damaged, or of a codec unknown here. `late` ones were sealed before the one before. */
  count(keys = this.keys()) {
    const groups = [...this.#groups.values()];
    const total = { sealed: 0, plaintext: this.#plaintext, strange: this.#strange, late: 0 };
    for (const group of groups) {
      const sealed = group.steady() && keys.some((key) => near(key, group.kid));
      if (sealed) total.sealed += group.frames;
      if (sealed) total.late += group.late;
      else total.plaintext += group.parsed;
      if (!sealed) total.strange += group.frames - group.parsed;
    }
    return total;
  }

  /** KIDs that are used as those of keys are: another census of the same sender may go by them. */
  keys() {
    return [...this.#groups.values()].filter((group) => group.isKey()).map(({ kid }) => kid);
  }

  #group(stream, kid) {
    const name = `${stream} ${kid}`;
    if (!this.#groups.has(name)) this.#groups.set(name, new Group(kid));
    return this.#groups.get(name);
  }
}

/** The frames of one stream that name one KID. */
class Group {
  frames = 0;
  parsed = 0;
  late = 0;
  #odd = 0;
  #last = -1n;
  /** A long KID with a counter near zero: one in 32 of random bytes reads so, and the start of a new key. */
  #begins = false;
  #tags = new Map();

  constructor(kid) {
    this.kid = kid;
  }

  add(ctr, wire, parsed) {
    this.frames++;
    this.parsed += parsed ? 1 : 0;
    const tag = wire.subarray(-TAG).join();
    this.#begins ||= this.frames === 1 && this.kid > 1n << 40n && ctr < 8n;
    const known = this.#tags.get(ctr);
    if (known === tag) return; // browsers deliver some frames twice
    this.#place(ctr, known !== undefined);
    this.#tags.set(ctr, tag);
  }

  /** A bad network has many frames a little late; random counters are far apart, or have few values. */
  #place(ctr, twice) {
    const late = ctr <= this.#last;
    const little = ctr >= LATE && this.#last - ctr < LATE;
    this.late += late ? 1 : 0;
    if (twice || (late && !little) || ctr > this.#last + 100_000n) this.#odd++;
    if (!late || !little) this.#last = ctr;
  }

  /** Loss and its repair put a frame out of order now and then. The first may be late in a call. */
  steady() {
    return this.#odd <= Math.max(1, this.frames / 10);
  }

  isKey() {
    return this.steady() && (this.frames >= 8 || this.#begins);
  }
}

/** Of a key that was only just changed there may be a frame or two: its KID is a neighbour's. */
function near(a, b) {
  const distance = a > b ? a - b : b - a;
  return distance === 0n || (distance <= 64n && a > 64n);
}

function windowEnd(mime, bytes) {
  if (NO_WINDOW.has(mime)) return 0;
  if (mime === "video/vp8") return bytes[0] & 1 ? 1 : 10;
  if (mime === "video/vp9") return 1;
  if (mime === "video/h264") return h264Window(bytes);
  if (mime === "video/av1") return av1Window(bytes);
  return undefined;
}

/** Minimal forms only; a tag must fit behind it. */
function readHeader(body) {
  const config = body[0];
  let at = 1;
  const field = (flag, bits) => {
    if (!flag) return BigInt(bits);
    let value = 0n;
    for (let left = bits + 1; left > 0; left--) value = (value << 8n) | BigInt(body[at++] ?? 0);
    const minimal = bits === 0 ? value > 7n : value >= 1n << BigInt(8 * bits);
    return minimal ? value : undefined;
  };
  const kid = field(config & 0x80, (config >> 4) & 7);
  const ctr = field(config & 0x08, config & 7);
  const fits = kid !== undefined && ctr !== undefined && body.length > at + TAG;
  return fits ? { kid, ctr } : undefined;
}

/** Removes emulation prevention behind `skip` bytes that only count as what came before. */
function unescape(bytes, skip) {
  const out = [];
  let zeros = 0;
  bytes.forEach((byte, at) => {
    const drop = at >= skip && zeros >= 2 && byte === 3;
    zeros = byte === 0 ? zeros + 1 : 0;
    if (at >= skip && !drop) out.push(byte);
  });
  return Uint8Array.from(out);
}

/** Behind the bytes of the first slice that hold its first three numbers. */
function h264Window(bytes) {
  for (const [start] of nals(bytes)) {
    const type = bytes[start] & 31;
    if (type !== 1 && type !== 5) continue;
    let bit = 0;
    let zeros = 0;
    let at = start + 1;
    const read = () => {
      if (bit === 0 && zeros >= 2 && bytes[at] === 3) {
        at++;
        zeros = 0;
      }
      const value = (bytes[at] >> (7 - bit)) & 1;
      bit = (bit + 1) % 8;
      if (bit === 0) {
        zeros = bytes[at] === 0 ? zeros + 1 : 0;
        at++;
      }
      return value;
    };
    for (let number = 0; number < 3; number++) {
      let length = 0;
      while (at < bytes.length && read() === 0) length++;
      for (; length > 0; length--) read();
    }
    return bit === 0 ? at : at + 1;
  }
  return undefined;
}

/** Behind the first payload byte of the frame OBU. */
function av1Window(bytes) {
  const frame = obus(bytes)?.find(({ type }) => type === 6);
  return frame && frame.payload + 1;
}

function* nals(bytes) {
  const starts = [];
  for (let i = 0; i + 2 < bytes.length; i++) {
    if (bytes[i] === 0 && bytes[i + 1] === 0 && bytes[i + 2] === 1) starts.push(i + 3);
  }
  for (const [i, start] of starts.entries()) {
    const end = i + 1 < starts.length ? starts[i + 1] - 3 : bytes.length;
    yield [start, end];
  }
}

/** Every OBU of the frame, or undefined if they do not fill it exactly. */
function obus(bytes) {
  const found = [];
  for (let at = 0; at < bytes.length; ) {
    const header = bytes[at];
    if (header & 0x81) return undefined;
    let payload = at + 1 + ((header >> 2) & 1);
    let size = bytes.length - payload;
    if (header & 2) [size, payload] = leb128(bytes, payload);
    if (payload + size > bytes.length || size < 0) return undefined;
    found.push({ type: (header >> 3) & 15, payload, end: payload + size });
    at = payload + size;
  }
  return found;
}

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
  // RFC 6716 §3.2: by code of the TOC byte; codes 0 to 2 fit almost any length.
  "audio/opus": (bytes) => (bytes[0] & 3) !== 3 || (bytes.length > 1 && (bytes[1] & 63) > 0 && (bytes[1] & 63) <= 48),
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
    const types = [...nals(bytes)].map(([start]) => bytes[start]);
    return types.length > 0 && types.every((header) => !(header & 0x80) && (header & 31) <= 21);
  },
  "video/av1": (bytes) => obus(bytes) !== undefined,
};
