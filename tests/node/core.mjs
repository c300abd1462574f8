// The core in Node, and helpers that pass frames through it.
import { readFileSync } from "node:fs";
import { Call, codec_number, error_codes, initSync } from "sealframe/core";

export const wasm = readFileSync(new URL(import.meta.resolve("sealframe/core.wasm")));
export const { memory } = initSync({ module: wasm });
export const codes = error_codes();
export const key = Buffer.from(
  "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
  "hex",
);

/** A call in which each of these senders has a key of the application. */
export function callOf(own, keys = {}) {
  const call = new Call("room", own, undefined, undefined, 1, 0);
  if (Object.keys(keys).length > 0) call.set_keys(Object.keys(keys), Object.values(keys), 0);
  return call;
}

/** Seals or opens one frame. Returns its bytes, or the code of the error. */
export function pass(call, direction, stream, codec, frame) {
  const at = call.scratch(frame.length);
  new Uint8Array(memory.buffer, at, frame.length).set(frame);
  const length = call[direction](stream, codec_number(codec), frame.length);
  return length < 0
    ? codes[-length]
    : Buffer.from(new Uint8Array(memory.buffer, call.start(), length));
}

/** The code of the error that `work` throws. An error without a code fails the test. */
export function codeOf(work) {
  try {
    work();
  } catch (error) {
    if (codes.indexOf(error.code) > 0) return error.code;
    throw error;
  }
  return "no error";
}

/** A small frame of each codec, with a full window and some bytes more. */
export const FRAMES = {
  "audio/opus": [Buffer.from("fc0102030405", "hex")],
  "audio/red": [Buffer.from("6f0102030405", "hex")],
  "audio/G722": [Buffer.alloc(160, 7)],
  "audio/PCMU": [Buffer.alloc(160, 8)],
  "audio/PCMA": [Buffer.alloc(160, 9)],
  "audio/multiopus": [Buffer.from("fce8b5410699049c", "hex")],
  "audio/CN": [Buffer.from("5e7f7f7f7f7f7f7f7f", "hex")],
  "audio/L16": [Buffer.alloc(960, 10)],
  "video/VP8": [Buffer.from("1002009d012a4001f000112233", "hex"), Buffer.from("31aabbcc", "hex")],
  "video/VP9": [Buffer.from("824983420013f00ef0", "hex"), Buffer.from("86aabb", "hex")],
  "video/H264": [
    Buffer.from("00000001674200 1f000001 68ce00000001 65888400 10fffe".replaceAll(" ", ""), "hex"),
    Buffer.from("00000001419a2410ff", "hex"),
  ],
  "video/H265": [
    Buffer.from(
      "0000000140010c 00000001420101 000000014401c1 000000012601af0fff".replaceAll(" ", ""),
      "hex",
    ),
    Buffer.from("000000010201d00fff", "hex"),
  ],
  "video/AV1": [
    Buffer.from("12000a0300002432041001020 3".replaceAll(" ", ""), "hex"),
    Buffer.from("12003203300102", "hex"),
  ],
};
export const kindOf = (codec) => (codec.startsWith("audio/") ? 1 : 2);
