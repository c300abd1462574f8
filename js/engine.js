/** The WebAssembly core: one instance at a time, and a new one after a trap. */
import init, * as glue from "../target/glue/core.js";
import { SealframeError } from "./errors.js";
import { relaxed } from "./relaxed.js";

export { Call as Core, device_id as deviceId, safety_number as safetyNumber } from "../target/glue/core.js";
/** The code of each error number. @type {string[]} */
export let codes = [];
/** Milliseconds that never go back while the worker lives. No decision depends on the time of day. */
export const now = () => performance.now();
export const isTrap = (/** @type {unknown} */ error) => error instanceof WebAssembly.RuntimeError;

/** @type {WebAssembly.Memory} */
let memory;
let view = new Uint8Array();
const codecs = /** @type {Map<string, number>} */ (new Map());
let traps = /** @type {number[]} */ ([]);

export async function start(/** @type {string} */ url, /** @type {string | undefined} */ integrity) {
  const response = await fetch(url, integrity ? { integrity } : {});
  ({ memory } = await init({ module_or_path: relaxed(new Uint8Array(await response.arrayBuffer())) }));
  codes = glue.error_codes();
}

/** Nothing of any call is left in memory; and nothing can be asked of this instance any more. */
export const wipe = () => void heap().fill(0);

/** A new instance in place of the one that trapped, whose memory still holds keys. */
export function restart() {
  heap().fill(0);
  traps = [...traps.filter((at) => at > now() - 10_000), now()];
  if (traps.length > 4) throw new SealframeError("worker-failed");
  glue.__wbg_reset_state();
  // Only the first start reads this argument.
  ({ memory } = glue.initSync(/** @type {any} */ (undefined)));
}

/** The memory as it is now: growing it detaches every earlier view. */
export const heap = () => (view.buffer === memory.buffer ? view : (view = new Uint8Array(memory.buffer)));

/** The core's number for a type such as "video/VP8"; 0 if it has no layout for it. */
export function codecNumber(mime = "") {
  const number = codecs.get(mime) ?? glue.codec_number(mime);
  codecs.set(mime, number);
  return number;
}
