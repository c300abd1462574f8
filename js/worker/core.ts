/** The WebAssembly core: one instance at a time, and a new one after a crash. */
import init, * as glue from "../../target/glue/core.js";
import type { StreamCode } from "../shared/codes.js";
import type { Bytes } from "../shared/types.js";
import { Crashes } from "./crashes.js";
import { relaxSwizzles } from "./relaxed-simd.js";
import { compileModule, fetchModule } from "./wasm-module.js";

export {
  Call as Core,
  Epoch,
  device_id as deviceId,
  safety_number as safetyNumber,
} from "../../target/glue/core.js";

/** The code of each error number; empty before the start. */
export let codes: StreamCode[] = [];
/** Milliseconds that never go back while the worker lives. No decision needs the time of day. */
export const now = () => performance.now();
/** Whether the core crashed. */
export const isTrap = (error: unknown) => error instanceof WebAssembly.RuntimeError;

let memory: WebAssembly.Memory;
let view = new Uint8Array();
const codecs = new Map<string, number>();
/** Too many crashes end the worker's calls. */
const crashes = new Crashes();

export async function start(url: string, integrity: string | undefined) {
  await run(await fetchModule(url, integrity, relaxSwizzles));
}

/** Starts the module with these bytes. `url` is for the error. */
export async function startModule(bytes: Bytes, url: string) {
  await run(await compileModule(relaxSwizzles(bytes), url));
}

async function run(module: WebAssembly.Module) {
  ({ memory } = await init({ module_or_path: module }));
  codes = glue.error_codes() as StreamCode[];
}

/** Wipes the memory of every call. This instance cannot be used afterwards. */
export const wipe = () => void heap().fill(0);

/** Makes a new instance after a crash, and wipes the keys in the old one's memory. */
export function restart() {
  heap().fill(0);
  crashes.note();
  glue.__wbg_reset_state();
  // The argument is read only at the first start, which compiled the module.
  ({ memory } = glue.initSync(undefined as unknown as { module: BufferSource }));
}

/**
 * A view of the present memory. Do not keep it: when the memory grows, earlier views are detached.
 */
export function heap(): Uint8Array<ArrayBuffer> {
  if (view.buffer !== memory.buffer) view = new Uint8Array(memory.buffer as ArrayBuffer);
  return view;
}

/** The core's number of a media type such as "video/VP8"; 0 if it has no layout for it. */
export function codecNumber(mime = ""): number {
  const number = codecs.get(mime) ?? glue.codec_number(mime);
  codecs.set(mime, number);
  return number;
}
