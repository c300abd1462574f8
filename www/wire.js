/** What anyone can read of a sealed frame without a key. The layout is docs/protocol.md's. */

const TAG = 16;

/**
 * Cuts a frame into its parts: how many bytes of window, SFrame header, ciphertext and tag.
 * @param {Uint8Array} bytes
 * @param {string} mime such as "video/VP8"
 */
export function dissect(bytes, mime) {
  const window = windowLength(bytes, mime);
  const header = window === undefined ? undefined : readHeader(bytes.subarray(window));
  if (!header) return { window: 0, header: 0, body: bytes.length, tag: 0 };
  const rest = Math.max(0, bytes.length - window - header.length);
  const tag = Math.min(TAG, rest);
  return { window, header: header.length, body: rest - tag, tag, kid: header.kid, ctr: header.ctr };
}

/** A key id as the page shows it. @param {bigint | undefined} kid */
export function showKid(kid) {
  return kid === undefined ? "–" : kid.toString(16).padStart(4, "0");
}

/** @param {Uint8Array} bytes @param {string} mime @returns {number | undefined} undefined: not known here */
function windowLength(bytes, mime) {
  const codec = mime.toLowerCase();
  if (codec.startsWith("audio/")) return 0;
  if (codec === "video/vp9") return 1;
  // RFC 6386 §9.1: bit 0 of the first byte is 0 on key frames, whose header is 10 bytes long.
  if (codec === "video/vp8") return bytes[0] & 1 ? 1 : Math.min(10, bytes.length);
  return undefined;
}

/**
 * RFC 9605 §4.3: X KKK Y CCC. A flag that is clear means that the three bits are the value
 * itself; set, that as many bytes and one more follow.
 * @param {Uint8Array} bytes
 */
function readHeader(bytes) {
  const [config] = bytes;
  const kidBits = (config >> 4) & 7;
  const ctrBits = config & 7;
  const kidBytes = config & 0x80 ? kidBits + 1 : 0;
  const ctrBytes = config & 0x08 ? ctrBits + 1 : 0;
  const length = 1 + kidBytes + ctrBytes;
  if (bytes.length < length) return undefined;
  const kid = kidBytes ? number(bytes.subarray(1, 1 + kidBytes)) : BigInt(kidBits);
  const ctr = ctrBytes ? number(bytes.subarray(1 + kidBytes, length)) : BigInt(ctrBits);
  return { length, kid, ctr };
}

/** @param {Uint8Array} bytes big-endian */
function number(bytes) {
  return bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}
