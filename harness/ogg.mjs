// An Ogg file of Opus frames: RFC 3533 (pages) and RFC 7845 (Opus in them).

/** Samples of a frame: browsers make frames of 20 ms, and Opus counts at 48 kHz. */
const FRAME_SAMPLES = 960;
const RATE = 48_000;
const CHANNELS = 2;
const VENDOR = "sealframe";
/** RFC 3533 §6: flags of the first page, the last page, and the others. */
const [BEGIN, END, MIDDLE] = [2, 4, 0];
/** RFC 3533 §6: where a page has its checksum. */
const CHECKSUM_AT = 22;
const SERIAL = 1;
/** The generator polynomial of the checksum. */
const POLYNOMIAL = 0x04c11db7;
const TABLE = Uint32Array.from({ length: 256 }, (_, i) => {
  let rest = i << 24;
  for (let bit = 0; bit < 8; bit++) rest = (rest << 1) ^ (rest < 0 ? POLYNOMIAL : 0);
  return rest;
});

/**
 * One page for each frame. A frame that is missing is a gap in the positions.
 * @param {{ frame: Uint8Array, timestamp: number }[]} frames whole Opus frames, and their RTP times
 */
export function oggOpus(frames) {
  const [first] = frames;
  const pages = frames.map(({ frame, timestamp }, i) => {
    const position = ((timestamp - first.timestamp) >>> 0) + FRAME_SAMPLES;
    return page(i === frames.length - 1 ? END : MIDDLE, position, i + 2, frame);
  });
  return Buffer.concat([page(BEGIN, 0, 0, head()), page(MIDDLE, 0, 1, tags()), ...pages]);
}

/** RFC 7845 §5.1. */
function head() {
  const bytes = Buffer.alloc(19);
  bytes.write("OpusHead\x01", "latin1");
  bytes[9] = CHANNELS;
  bytes.writeUInt32LE(RATE, 12);
  return bytes;
}

/** RFC 7845 §5.2. */
function tags() {
  const bytes = Buffer.alloc(16 + VENDOR.length);
  bytes.write("OpusTags", "latin1");
  bytes.writeUInt32LE(VENDOR.length, 8);
  bytes.write(VENDOR, 12, "latin1");
  return bytes;
}

/** RFC 3533 §6: a page with one packet. */
function page(flags, position, number, packet) {
  const lacing = Array(Math.floor(packet.length / 255)).fill(255);
  lacing.push(packet.length % 255);
  const front = Buffer.alloc(27);
  front.write("OggS", "latin1");
  front[5] = flags;
  front.writeBigUInt64LE(BigInt(position), 6);
  front.writeUInt32LE(SERIAL, 14);
  front.writeUInt32LE(number, 18);
  front[26] = lacing.length;
  const bytes = Buffer.concat([front, Buffer.from(lacing), packet]);
  bytes.writeUInt32LE(checksum(bytes), CHECKSUM_AT);
  return bytes;
}

function checksum(bytes) {
  let sum = 0;
  for (const byte of bytes) sum = (sum << 8) ^ TABLE[(sum >>> 24) ^ byte];
  return sum >>> 0;
}
