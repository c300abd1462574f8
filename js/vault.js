/**
 * Argon2id, in a worker that lives for one question: no frame waits for it meanwhile, and memory that
 * it grew goes with it. Both ends are here; they run the same file, which knows by its name which it is.
 */
import init, * as glue from "../target/glue/vault.js";
import { SealframeError } from "./errors.js";

/** @typedef {"seal" | "open" | "call_key"} Verb @typedef {import("./types.js").Progress} Progress */
export const NAME = "sealframe-vault";
/** Milliseconds between two words about how far it is. */
const TICK = 100;

/** A worker that nothing refers to may be collected before it answers. @type {Set<Worker>} */
const working = new Set();
/** @type {{ url: string, integrity?: string, tell(progress: Progress): void }} */
let place;
/** Made once: a second one of its name would be refused. @type {{ createScriptURL(url: string): any } | undefined} */
let policy;

/** Where the module is, and who is told how far an answer is. @param {typeof place} where */
export const setUp = (where) => void (place = where);

/** What the vault's face gives for these arguments, all of which are gone afterwards. @param {Verb} verb @param {unknown[]} args @returns {Promise<Uint8Array<ArrayBuffer>>} */
export async function vault(verb, ...args) {
  const { url, integrity, tell } = place;
  const worker = new Worker(trusted(location.href), { type: "module", name: NAME });
  let timer = 0;
  working.add(worker);
  try {
    return await new Promise((resolve, reject) => {
      const secrets = args.flatMap((arg) => (arg instanceof Uint8Array ? [arg.buffer] : []));
      worker.onerror = (event) => (event.preventDefault(), reject(new SealframeError("start-failed", "vault")));
      worker.onmessage = ({ data: { ready, seconds, value, error } }) => {
        if (ready) worker.postMessage({ url, integrity, verb, args }, secrets);
        else if (seconds !== undefined) timer = report(seconds, tell);
        else value ? resolve(value) : reject(new SealframeError(error));
      };
    });
  } finally {
    clearInterval(timer);
    worker.terminate();
    working.delete(worker);
    if (timer) tell({ fraction: 1, seconds: 0 });
  }
}

/** The other end. What it is asked before it says that it is ready would be lost. */
export function listen() {
  self.onmessage = serve;
  self.postMessage({ ready: true });
}

/** One answer, and by the time it leaves everything that led to it is wiped. @param {MessageEvent} event */
async function serve({ data: { url, integrity, verb, args } }) {
  /** @type {WebAssembly.Memory | undefined} */
  let memory;
  const answer = await (async () => {
    ({ memory } = await init({ module_or_path: fetch(url, integrity ? { integrity } : {}) }));
    const began = performance.now();
    const units = glue.measure(verb === "open" ? args[1] : undefined);
    self.postMessage({ seconds: (units * (performance.now() - began)) / 1000 });
    return { value: /** @type {any} */ (glue)[verb](...args) };
  })().catch((error) => ({ error: typeof error === "string" ? error : "start-failed", value: undefined }));
  if (memory) new Uint8Array(memory.buffer).fill(0);
  args.forEach((/** @type {any} */ arg) => arg instanceof Uint8Array && arg.fill(0));
  self.postMessage(answer, answer.value ? [answer.value.buffer] : []);
}

/** By the clock: how long it takes was measured on a part of it. @param {number} seconds @param {(progress: Progress) => void} tell */
function report(seconds, tell) {
  const began = performance.now();
  const say = () => {
    const passed = (performance.now() - began) / 1000;
    tell({ fraction: Math.min(passed / seconds, 0.99), seconds: Math.max(seconds - passed, 0) });
  };
  say();
  return setInterval(say, TICK);
}

function trusted(/** @type {string} */ url) {
  const { trustedTypes } = /** @type {any} */ (globalThis);
  const createScriptURL = (/** @type {string} */ asked) => (asked === location.href ? asked : undefined);
  policy ??= trustedTypes?.createPolicy("sealframe", { createScriptURL });
  return /** @type {any} */ (policy?.createScriptURL(url) ?? url);
}
