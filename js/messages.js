/**
 * What page and worker say to each other, and nothing else. Both ends check a request against one
 * table: the page to throw where a wrong argument was passed, the worker because it believes nobody.
 */
import { isBytes } from "./brand.js";
import { SealframeError } from "./errors.js";

/** @typedef {keyof typeof REQUESTS} RequestType @typedef {(value: any) => boolean} Check */
/** @type {(...values: unknown[]) => Check} */
const oneOf = (...values) => (value) => values.includes(value);
/** @type {(check: Check) => Check} */
const optional = (check) => (value) => value === undefined || check(value);
/** @type {(check: Check) => Check} */
const list = (check) => (value) => Array.isArray(value) && value.length <= 4096 && value.every((item) => check(item));
/** What there is of every device of a roster: the core takes no more. @type {(check: Check) => Check} */
const roster = (check) => (value) => list(check)(value) && value.length <= 1024;
/** @type {(value: { length: number }, min: number, max: number) => boolean} */
const within = ({ length }, min, max) => length >= min && length <= max;
/** No shared memory: what is checked here must not change afterwards. And none that was given away. @type {(min: number, max: number) => Check} */
const bytes = (min, max) => (value) =>
  isBytes(value) && !isDetached(value.buffer) && within(value, min, max);
/** Browsers before 2024 do not say it, but throw it. */
function isDetached(/** @type {ArrayBuffer} */ buffer) {
  try { return !new Uint8Array(buffer); }
  catch { return true; }
}
/** Its length in UTF-8 counts: that is what goes on the wire. @type {(min: number, max: number) => Check} */
const text = (min, max) => (value) =>
  typeof value === "string" && within(new TextEncoder().encode(value), min, max) && !/\p{Surrogate}/u.test(value);

/** Text that people or logs may show: without control characters. @type {(min: number, max: number) => Check} */
const plain = (min, max) => (value) => text(min, max)(value) && !/\p{Cc}/u.test(value);
const name = plain(1, 64);
const secret = text(1, 1024);
const bundle = bytes(1, 4096);
const DATA = 16 << 20;
/** More than sealing adds to it. */
const SEAL = 64;
/** @type {Check} */
const call = (value) => Number.isSafeInteger(value) && value >= 0;
/** Which sender or receiver of the page. */
const slot = call;

/** @type {(kind: string) => Check} */
const mediaType = (kind) => (value) => name(value) && value.toLowerCase().startsWith(`${kind}/`);

/** RTP's have 7 bits. @type {Check} */
const payloadType = (value) => Number.isInteger(value) && value >= 0 && value < 128;

/** The name of a worker that answers one question to the vault. */
export const VAULT = "sealframe-vault";

/** Page to worker. Every request also carries `id`, which its reply repeats. */
const REQUESTS = {
  start: {
    ...{ wasm: text(1, 8192), integrity: optional(text(1, 1024)), vault: text(1, 8192), vaultIntegrity: optional(text(1, 1024)) },
    ...{ device: oneOf(true, false), name: text(0, 64), postQuantum: oneOf(true, false, "required"), legacy: oneOf(false, "accept", "device") },
    ...{ lock: text(1, 64), password: optional(secret), file: optional(bytes(1, 70_000)) },
  },
  join: { call, callId: text(1, 256), as: optional(name), exchange: oneOf(true, false) },
  keys: { call, senders: list(name), keys: list(bytes(16, 64)) },
  passphrase: { call, passphrase: secret },
  members: { call, bundles: roster(bundle), ids: roster(optional(text(0, 64))), owners: roster(optional(call)), names: list(name) },
  receive: { call, bytes: bytes(1, 65536), from: optional(name) },
  rotate: { call },
  reconnected: { call },
  stats: { call },
  leaked: { call, slot },
  left: { call, slot },
  codecs: { call, slot, types: list(payloadType), mimes: list(name) },
  fault: { call, slot, code: oneOf("", "packetization-mode", "not-sent") },
  sealData: { call, bytes: bytes(0, DATA), to: optional(name) },
  openData: { call, bytes: bytes(1, DATA + SEAL), from: name },
  close: { call },
  safetyNumber: { bundle },
  recoveryFile: {},
  forgetDevice: { name, device: name },
  logOut: {},
};

/** What the application calls a field, where that has another name here. @type {Partial<Record<string, Record<string, string>>>} */
const ARGUMENTS = {
  start: { wasm: "wasmUrl", vault: "vaultUrl", file: "restore" },
  keys: { senders: "keys" },
  members: { bundles: "members", ids: "members", owners: "members", names: "members" },
  forgetDevice: { device: "id" },
};

/** What another worker may be asked where one died on it: no key is in it, and twice is as good as once. */
const REPEATABLE = new Set(["join", "members", "receive", "rotate", "reconnected", "stats", "leaked", "close", "safetyNumber", "recoveryFile", "forgetDevice", "logOut"]);
export const isRepeatable = (/** @type {RequestType} */ type) => REPEATABLE.has(type);

/** What a transform carries to the worker as its options. */
const WAY = { direction: oneOf("seal", "open"), kind: oneOf("audio", "video") };
const ATTACHMENT = { ...WAY, call, slot, again: oneOf(true, false), replaces: optional(slot), sender: name, track: plain(0, 255) };

/** The request's own fields, checked, and nothing that was sent beside them. */
export function request(/** @type {any} */ message) {
  const type = /** @type {RequestType} */ (message?.type);
  if (!Object.hasOwn(REQUESTS, type)) throw new SealframeError("bad-argument", "type");
  return { type, ...parse(REQUESTS[type], message, ARGUMENTS[type]) };
}

/** @type {(options: any) => import("./types.js").Ward & { call: number, again: boolean }} */
export const attachment = (options) => parse({ ...ATTACHMENT, codec: optional(mediaType(options?.kind)) }, options, { sender: "from" });

/** @param {Record<string, Check>} fields @param {any} message @param {Record<string, string>} [names] */
function parse(fields, message, names = {}) {
  const read = Object.keys(fields).map((field) => [field, message?.[field]]);
  const wrong = read.find(([field, value]) => !fields[field](value));
  if (wrong) throw new SealframeError("bad-argument", names[wrong[0]] ?? wrong[0]);
  return Object.fromEntries(read);
}
