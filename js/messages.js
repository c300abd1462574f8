/**
 * What page and worker say to each other, and nothing else.
 *
 * Both ends check a request against one table: the page, so that a wrong argument throws where it
 * was passed; the worker, because it holds the keys and believes nobody.
 */
import { SealframeError } from "./errors.js";

/**
 * @typedef {"waiting-for-key" | "sealed" | "failing" | "not-sealed"} State
 * @typedef {{ direction: "seal" | "open", kind: "audio" | "video", sender: string, track: string }} Labels
 * @typedef {Labels & { state: State, code: string }} StateChange `code` says why; empty when sealed
 * @typedef {{ type: "reply", id: number, value?: any, error?: string }} Reply
 * @typedef {{ call?: number } & ({ type: "message", to: string, bytes: Uint8Array }
 *   | ({ type: "state" } & StateChange) | { type: "error", code: string, from?: string }
 *   | { type: "restarted", code: string })} Notice unasked, to the page: an event on that call, or on all
 */

/** @typedef {(value: any) => boolean} Check */
/** @type {Check} */
const flag = (value) => typeof value === "boolean";
/** @type {Check} */
const count = (value) => Number.isSafeInteger(value) && value >= 0;
/** @type {(...values: string[]) => Check} */
const oneOf = (...values) => (value) => values.includes(value);
/** @type {(check: Check) => Check} */
const optional = (check) => (value) => value === undefined || check(value);
/** @type {(check: Check) => Check} */
const list = (check) => (value) => Array.isArray(value) && value.length <= 4096 && value.every((item) => check(item));
/** @type {(min: number, max: number) => Check} */
const bytes = (min, max) => (value) => value instanceof Uint8Array && value.length >= min && value.length <= max;
/** Its length in UTF-8 counts: that is what goes on the wire. @type {(min: number, max: number) => Check} */
const text = (min, max) => (value) => {
  if (typeof value !== "string" || value.length > max || /\p{Surrogate}/u.test(value)) return false;
  const { length } = new TextEncoder().encode(value);
  return length >= min && length <= max;
};

const call = count;
const name = text(1, 64);

/** Page to worker. Every request also carries `id`, which its reply repeats. */
const REQUESTS = {
  start: { wasm: text(1, 8192), integrity: optional(text(1, 1024)), device: flag, name: text(0, 64) },
  join: { call, callId: text(1, 256), as: optional(name) },
  keys: { call, senders: list(name), keys: list(bytes(16, 64)) },
  members: { call, bundles: list(bytes(1, 4096)) },
  receive: { call, bytes: bytes(1, 65536), from: optional(name) },
  rotate: { call },
  stats: { call },
  close: { call },
  logOut: {},
};

/** @typedef {keyof typeof REQUESTS} RequestType */

/** What a transform carries to the worker as its options. */
const DIRECTION = oneOf("seal", "open");
const KIND = oneOf("audio", "video");
const ATTACHMENT = { call, direction: DIRECTION, kind: KIND, sender: name, track: text(0, 255) };

/** The request's own fields, checked, and nothing that was sent beside them. */
export function request(/** @type {any} */ message) {
  const type = /** @type {RequestType} */ (message?.type);
  if (!Object.hasOwn(REQUESTS, type)) throw new SealframeError("bad-argument", "type");
  return { type, ...parse(REQUESTS[type], message) };
}

/** @returns {Labels & { call: number }} */
export function attachment(/** @type {any} */ options) {
  return parse(ATTACHMENT, options);
}

/**
 * A request whose bytes are copies to be given away: a view may belong to a larger buffer, and
 * of a key nothing of ours stays behind in the page.
 */
export function outgoing(/** @type {any} */ message) {
  /** @type {ArrayBuffer[]} */
  const transfer = [];
  /** @type {(value: any) => any} */
  const own = (value) => {
    if (Array.isArray(value)) return value.map(own);
    if (!(value instanceof Uint8Array)) return value;
    const copy = Uint8Array.from(value);
    transfer.push(copy.buffer);
    return copy;
  };
  const fields = Object.entries(request(message));
  return { message: Object.fromEntries(fields.map(([field, value]) => [field, own(value)])), transfer };
}

/** @returns {any} */
function parse(/** @type {Record<string, Check>} */ fields, /** @type {any} */ message) {
  const read = Object.keys(fields).map((field) => [field, message?.[field]]);
  const wrong = read.find(([field, value]) => !fields[field](value));
  if (wrong) throw new SealframeError("bad-argument", wrong[0]);
  return Object.fromEntries(read);
}
