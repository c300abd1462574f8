/** The WebAssembly core: one instance at a time, and a new one after a trap. */
import init, * as glue from "../target/glue/core.js";
import { SealframeError } from "./errors.js";

/** A core that traps more often than this within `WINDOW` ms is given up. */
const PATIENCE = 4;
const WINDOW = 10_000;

/** The code of each error number. @type {string[]} */
export let codes = [];
/** @type {WebAssembly.Memory} */
let memory;
let view = new Uint8Array();
/** @type {Map<string, number>} */
const codecs = new Map();
/** @type {number[]} */
let traps = [];

export { device_id as deviceId } from "../target/glue/core.js";

export async function start(/** @type {string} */ url, /** @type {string | undefined} */ integrity) {
  ({ memory } = await init({ module_or_path: fetch(url, integrity ? { integrity } : {}) }));
  codes = glue.error_codes();
}

/** A new instance in place of the one that trapped, whose memory still holds keys. */
export function restart() {
  heap().fill(0);
  traps = [...traps.filter((at) => at > now() - WINDOW), now()];
  if (traps.length > PATIENCE) throw new SealframeError("worker-failed");
  glue.__wbg_reset_state();
  // Only the first start reads this argument.
  ({ memory } = glue.initSync(/** @type {any} */ (undefined)));
}

/** @param {string} callId @param {string} self @param {Uint8Array} [bundle] @param {Uint8Array} [serials] */
export function newCore(callId, self, bundle, serials) {
  return new glue.Call(callId, self, bundle, serials, now());
}

/** The memory as it is now: growing it detaches every earlier view. */
export function heap() {
  if (view.buffer !== memory.buffer) view = new Uint8Array(memory.buffer);
  return view;
}

/** The core's number for a type such as "video/VP8"; 0 if it has no layout for it. */
export function codecNumber(mime = "") {
  const known = codecs.get(mime);
  if (known !== undefined) return known;
  const number = glue.codec_number(mime);
  if (codecs.size < 64) codecs.set(mime, number);
  return number;
}

/** Milliseconds since 1970 that never go back while the worker lives. */
export function now() {
  return performance.timeOrigin + performance.now();
}

export function isTrap(/** @type {unknown} */ error) {
  return error instanceof WebAssembly.RuntimeError;
}
