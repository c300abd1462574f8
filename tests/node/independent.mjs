// Opens what a server saw of a call: a second implementation of docs/protocol.md, on WebCrypto.
// `node tests/node/independent.mjs --capture FILE --key HEX`: each line of FILE is a frame as JSON,
// and the key is the application's key of its sender.
// `--epochs FILE` in place of a key opens a call with an MLS group. FILE has epochs as one member
// entered them, one as JSON on each line: `epoch`, `context`, `members` (leaf and sender), `baseKey`.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { subtle } = globalThis.crypto;
const CODECS = [
  "",
  "opus",
  "vp8",
  "vp9",
  "h264",
  "h265",
  "av1",
  "red",
  "g722",
  "pcmu",
  "pcma",
  "multiopus",
  "cn",
  "l16",
];
const utf8 = (text) => Buffer.from(text, "utf8");
const uint = (value, length) => Buffer.from(value.toString(16).padStart(2 * length, "0"), "hex");

/** RFC 9605 §4.4.2, suite 0x0005 (AES_256_GCM_SHA512_128): HKDF with SHA-512 and no salt. */
export async function derive(baseKey, kid, what, length) {
  const info = Buffer.concat([utf8(`SFrame 1.0 Secret ${what} `), uint(kid, 8), uint(5n, 2)]);
  return hkdf(baseKey, info, length);
}

/** docs/protocol.md §5: the base key of a sender, derived from an application key. */
export function senderKey(applicationKey, sender) {
  return hkdf(applicationKey, utf8(`sealframe/1 application sender${sender}`), 32);
}

async function hkdf(secret, info, length) {
  const key = await subtle.importKey("raw", secret, "HKDF", false, ["deriveBits"]);
  const parameters = { name: "HKDF", hash: "SHA-512", salt: new Uint8Array(), info };
  return Buffer.from(await subtle.deriveBits(parameters, key, length * 8));
}

/** docs/protocol.md §6.10: a member's KID in an epoch. S counts leaves, not members. */
export function groupKid({ epoch, context, members }, sender) {
  const leaf = members.find(([, name]) => name === sender)?.[0];
  if (leaf === undefined) throw new Error(`${sender} is not in epoch ${epoch}`);
  const width = Math.max(...members.map(([at]) => at)) + 1;
  const bits = BigInt((width - 1).toString(2).replace(/^0$/, "").length) + 8n;
  return (BigInt(context) << bits) | (BigInt(leaf) << 8n) | (BigInt(epoch) & 255n);
}

/** Opens a frame with the epoch in which its sender has the frame's KID, or throws. */
export async function openGroupFrame(frame, epochs) {
  const { body } = await split(frame.codec, Buffer.from(frame.wire, "base64"));
  const { kid } = parseHeader(body);
  const isSenders = (epoch) =>
    epoch.members.some(([, name]) => name === frame.sender) &&
    groupKid(epoch, frame.sender) === kid;
  const epoch = epochs.find(isSenders);
  if (!epoch) throw new Error(`${frame.sender} has no key with this KID`);
  return openFrame(frame, Buffer.from(epoch.baseKey, "hex"));
}

/** RFC 9605 §4.3: X, KID or its length, Y, CTR or its length; then long KID and CTR. */
export function parseHeader(body) {
  let at = 1;
  const long = (length) => BigInt(`0x${body.subarray(at, (at += length)).toString("hex")}`);
  const field = (bits) => (bits & 8 ? long((bits & 7) + 1) : BigInt(bits));
  const [kid, ctr] = [field(body[0] >> 4), field(body[0] & 15)];
  return { kid, ctr, header: body.subarray(0, at) };
}

/** AAD = header ‖ "sealframe/1" ‖ kind ‖ codec ‖ length ‖ track label ‖ bound part of the window. */
export function additionalData(header, { kind, codec, track }, bound) {
  const label = utf8(track);
  const numbers = [kind === "audio" ? 1 : 2, CODECS.indexOf(codec), label.length];
  return Buffer.concat([header, utf8("sealframe/1"), Buffer.from(numbers), label, bound]);
}

/** RFC 9605 §4.4.3: the salt XOR the counter. */
export async function cryptoOf(baseKey, kid, ctr, additionalData) {
  const [raw, iv] = [await derive(baseKey, kid, "key", 32), await derive(baseKey, kid, "salt", 12)];
  uint(ctr, 12).forEach((byte, at) => (iv[at] ^= byte));
  const key = await subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
  return [{ name: "AES-GCM", iv, additionalData }, key];
}

/** Opens a frame of a capture, or throws if it is not authentic. */
export async function openFrame(frame, baseKey) {
  const { bound, body } = await split(frame.codec, Buffer.from(frame.wire, "base64"));
  const { kid, ctr, header } = parseHeader(body);
  const aad = additionalData(header, frame, bound);
  const crypto = await cryptoOf(baseKey, kid, ctr, aad);
  return Buffer.from(await subtle.decrypt(...crypto, body.subarray(header.length)));
}

/** The end of the window and its bound part. independent-windows.mjs has the longer ones. */
async function split(codec, wire) {
  if (/^(h26|av1)/.test(codec)) return (await import("./independent-windows.mjs"))[codec](wire);
  const length = { vp8: wire[0] & 1 ? 1 : 10, vp9: 1 }[codec] ?? 0;
  return { bound: wire.subarray(0, length), body: wire.subarray(length) };
}

async function main() {
  const { values } = parseArgs({
    options: {
      capture: { type: "string" },
      key: { type: "string" },
      epochs: { type: "string" },
    },
  });
  const open = values.epochs ? groupOpener(linesOf(values.epochs)) : keyOpener(values.key);
  const counts = { opened: {}, failed: {} };
  for (const frame of linesOf(values.capture)) {
    const outcome = await open(frame).then(
      () => "opened",
      () => "failed",
    );
    counts[outcome][frame.codec] = (counts[outcome][frame.codec] ?? 0) + 1;
  }
  console.log(JSON.stringify(counts));
  process.exitCode = Object.keys(counts.failed).length === 0 ? 0 : 1;
}

const linesOf = (file) =>
  readFileSync(file, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
const groupOpener = (epochs) => (frame) => openGroupFrame(frame, epochs);

function keyOpener(hex) {
  const key = Buffer.from(hex, "hex");
  return async (frame) => openFrame(frame, await senderKey(key, frame.sender));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
