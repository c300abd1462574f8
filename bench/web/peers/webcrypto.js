/**
 * The browser's AES-256-GCM with our frame layout: what our code would do for large frames if it
 * used WebCrypto for them. It rotates no keys and refuses no replays.
 */
import { isVideo } from "../frames.js";
import { pumpAsync } from "../pump.js";

/** An SFrame header of 5 bytes, its size early in a call. */
const HEADER = 5;
const TAG = 16;

export async function startPipe() {
  const key = await makeKey();
  return {
    connect: (direction, pipe) => void pumpAsync(pipe, processor(direction, key, pipe.row.codec)),
  };
}

/** The bare calls of WebCrypto. Results stay in their own buffers. */
export async function startCipher() {
  const key = await makeKey();
  const parameters = {
    name: "AES-GCM",
    iv: new Uint8Array(12),
    additionalData: new Uint8Array(32),
  };
  return () => ({
    isAsync: true,
    seal: (bytes) => crypto.subtle.encrypt(parameters, key, bytes),
    open: (bytes) => crypto.subtle.decrypt(parameters, key, bytes),
  });
}

function makeKey() {
  const raw = crypto.getRandomValues(new Uint8Array(32));
  return crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
}

function processor(direction, key, codec) {
  const escapes = codec === "h264";
  return direction === "seal" ? sealer(key, escapes) : opener(key, escapes);
}

function sealer(key, escapes) {
  let counter = 0;
  return async (frame) => {
    const window = windowOf(frame);
    const header = new Uint8Array(HEADER);
    new DataView(header.buffer).setUint32(1, ++counter);
    const sealed = new Uint8Array(
      await crypto.subtle.encrypt(parameters(header, window), key, frame.data),
    );
    const escaped = escapes ? escape(sealed) : sealed;
    const out = new Uint8Array(window.length + HEADER + escaped.length);
    out.set(window);
    out.set(header, window.length);
    out.set(escaped, window.length + HEADER);
    return out.buffer;
  };
}

function opener(key, escapes) {
  return (frame) => {
    const window = windowOf(frame);
    const header = new Uint8Array(frame.data, window.length, HEADER);
    const body = new Uint8Array(frame.data, window.length + HEADER);
    return crypto.subtle.decrypt(parameters(header, window), key, escapes ? unescape(body) : body);
  };
}

function parameters(header, window) {
  const iv = new Uint8Array(12);
  iv.set(header, 12 - HEADER);
  const additionalData = new Uint8Array(HEADER + 20 + window.length);
  additionalData.set(header);
  additionalData.set(window, HEADER + 20);
  return { name: "AES-GCM", iv, additionalData, tagLength: TAG * 8 };
}

/**
 * The window. It is a constant for H.264, because finding the slice header takes almost no time.
 */
function windowOf(frame) {
  const { mimeType } = frame.getMetadata();
  if (mimeType === "video/H264")
    return new Uint8Array(frame.data, 0, frame.type === "key" ? 33 : 7);
  return new Uint8Array(
    frame.data,
    0,
    isVideo(mimeType.slice(6)) ? (frame.type === "key" ? 10 : 1) : 0,
  );
}

/** Emulation prevention with typed arrays, in two passes: one counts, one writes. */
function escape(bytes) {
  const out = new Uint8Array(bytes.length + countEscapes(bytes));
  if (out.length === bytes.length) return bytes;
  let zeros = 0;
  let to = 0;
  for (const byte of bytes) {
    if (zeros >= 2 && byte <= 3) {
      out[to++] = 3;
      zeros = 0;
    }
    out[to++] = byte;
    zeros = byte === 0 ? zeros + 1 : 0;
  }
  return out;
}

function unescape(bytes) {
  const out = new Uint8Array(bytes.length);
  let zeros = 0;
  let to = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    const dropped = zeros >= 2 && byte === 3;
    if (!dropped) out[to++] = byte;
    zeros = byte === 0 ? zeros + 1 : 0;
  }
  return out.subarray(0, to);
}

function countEscapes(bytes) {
  let count = 0;
  let zeros = 0;
  for (let at = 0; at < bytes.length; at++) {
    if (zeros >= 2 && bytes[at] <= 3) {
      count++;
      zeros = 0;
    }
    zeros = bytes[at] === 0 ? zeros + 1 : 0;
  }
  return count;
}
