// What anyone can read of a sealed frame without a key. The layout is that of docs/protocol.md §1.
import { unescaped, windowLength } from "./codec-syntax.js";

/** Length of the authentication tag in bytes. */
export const TAG_LEN = 16;

/**
 * The SFrame header of a sealed frame, or undefined if it has no valid one. Its fields must be
 * minimal (RFC 9605 §4.3), and a tag must fit behind it.
 * @param {string} mime @param {Uint8Array} wire
 * @returns {{ kid: bigint, ctr: bigint } | undefined}
 */
export function sealedHeader(mime, wire) {
  const end = windowLength(mime, wire);
  if (end === undefined) return undefined;
  const body = /h26[45]/i.test(mime) ? withoutEscapes(wire, end) : wire.subarray(end);
  const header = readHeader(body);
  const fits = header?.minimal && body.length > header.length + TAG_LEN;
  return fits ? { kid: header.kid, ctr: header.ctr } : undefined;
}

/**
 * The lengths of a frame's parts: window, SFrame header, ciphertext and tag. Everything counts as
 * body if there is no header, or if the codec escapes its bytes.
 * @param {Uint8Array} bytes @param {string} mime such as "video/VP8"
 */
export function dissect(bytes, mime) {
  const window = /h26[45]/i.test(mime) ? undefined : windowLength(mime, bytes);
  const header = window === undefined ? undefined : readHeader(bytes.subarray(window));
  if (!header) return { window: 0, header: 0, body: bytes.length, tag: 0 };
  const rest = bytes.length - window - header.length;
  const tag = Math.min(TAG_LEN, rest);
  return { window, header: header.length, body: rest - tag, tag, kid: header.kid, ctr: header.ctr };
}

/** The KID of a data message. Its header follows version and type. @param {Uint8Array} message */
export function dataKid(message) {
  return readHeader(message.subarray(2)).kid;
}

/**
 * RFC 9605 §4.3: X KKK Y CCC. If a flag is clear, its three bits are the value itself. If it is
 * set, the value has that number of bytes and one more.
 * @param {Uint8Array} bytes
 */
function readHeader(bytes) {
  const [config] = bytes;
  const kidBytes = config & 0x80 ? ((config >> 4) & 7) + 1 : 0;
  const ctrBytes = config & 0x08 ? (config & 7) + 1 : 0;
  const length = 1 + kidBytes + ctrBytes;
  if (bytes.length < length) return undefined;
  const kid = kidBytes ? number(bytes.subarray(1, 1 + kidBytes)) : BigInt((config >> 4) & 7);
  const ctr = ctrBytes ? number(bytes.subarray(1 + kidBytes, length)) : BigInt(config & 7);
  return { length, kid, ctr, minimal: isMinimal(kid, kidBytes) && isMinimal(ctr, ctrBytes) };
}

/** Whether no shorter form holds the value. */
function isMinimal(value, length) {
  if (length === 0) return true;
  return length === 1 ? value > 7n : value >= 1n << BigInt(8 * (length - 1));
}

/** @param {Uint8Array} bytes big-endian */
function number(bytes) {
  return bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

/** What follows the window, without emulation prevention. The two bytes before it are context. */
function withoutEscapes(wire, end) {
  const context = Math.min(end, 2);
  const body = unescaped(wire.subarray(end - context), context);
  return Uint8Array.from(body, ([, byte]) => byte);
}
