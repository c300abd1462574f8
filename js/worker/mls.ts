/** The MLS module: one instance for all calls of the worker, made when the first one needs it. */
import init, * as glue from "../../target/glue/mls.js";
import { Crashes } from "./crashes.js";
import { fetchModule } from "./wasm-module.js";

export { Membership } from "../../target/glue/mls.js";

/** Where the module is. */
interface Place {
  url: string;
  integrity: string | undefined;
}

const crashes = new Crashes();
let place: Place;
let memory: WebAssembly.Memory | undefined;
let loading: Promise<void> | undefined;

/** Sets the module's address. */
export function setUp(where: Place) {
  place = where;
}

/** Fetches the module, unless it is here. After a failure it may be called again. */
export function load(): Promise<void> {
  return (loading ??= start().catch((error) => {
    loading = undefined;
    throw error;
  }));
}

async function start() {
  const module = await fetchModule(place.url, place.integrity);
  ({ memory } = await init({ module_or_path: module }));
}

/** Makes a new instance after a crash. Throws if there were too many. */
export function restart() {
  crashes.note();
  renew();
}

/** Wipes the memory of all calls, and makes a new instance for later ones. */
export function renew() {
  if (!memory) return;
  new Uint8Array(memory.buffer).fill(0);
  glue.__wbg_reset_state();
  // The argument is read only at the first start, which compiled the module.
  ({ memory } = glue.initSync(undefined as unknown as { module: BufferSource }));
}
