/**
 * Argon2id, in a worker that lives for one question: no frame waits for it meanwhile, and memory that
 * it grew goes with it. Both ends are here; they run the same file, which knows by its name which it is.
 * The page makes that worker and hands each end a port: of a hundred that a worker of Firefox (153)
 * makes itself, one never begins, and its maker is stuck for good.
 */
import init, * as glue from "../target/glue/vault.js";
import { SealframeError } from "./errors.js";

/** @typedef {"seal" | "open" | "call_key"} Verb @typedef {import("./types.js").Progress} Progress */
/** Milliseconds between two words about how far it is. */
const TICK = 100;
/** Milliseconds without any word of the other end: while it starts, and, or ten times what it foretold, while it computes. */
const SILENCE = { start: 60_000, work: 120_000 };

/** @type {{ url: string, integrity?: string, tell(progress: Progress): void }} */
let place;
let questions = 0;

/** Where the module is, and who is told how far an answer is. @param {typeof place} where */
export const setUp = (where) => void (place = where);

/** What the vault's face gives for these arguments, all of which are gone afterwards. @param {Verb} verb @param {unknown[]} args @returns {Promise<Uint8Array<ArrayBuffer>>} */
export async function vault(verb, ...args) {
  const { url, integrity, tell } = place;
  const { port1: port, port2 } = new MessageChannel();
  const question = ++questions;
  let [timer, late] = [0, 0];
  self.postMessage({ type: "vault", question, port: port2 }, [port2]);
  try {
    return await new Promise((resolve, reject) => {
      const secrets = args.flatMap((arg) => (arg instanceof Uint8Array ? [arg.buffer] : []));
      const wait = (/** @type {number} */ milliseconds) => {
        clearTimeout(late);
        late = setTimeout(() => reject(new SealframeError("start-failed")), milliseconds);
      };
      wait(SILENCE.start);
      port.onmessage = ({ data: { seconds, value, error } }) => {
        if (seconds !== undefined) (timer = report(seconds, tell)), wait(Math.max(SILENCE.work, seconds * 10_000));
        else value ? resolve(value) : reject(new SealframeError(error));
      };
      port.postMessage({ url, integrity, verb, args }, secrets);
    });
  } finally {
    clearInterval(timer);
    clearTimeout(late);
    self.postMessage({ type: "vault", question });
    if (timer) tell({ fraction: 1, seconds: 0 });
  }
}

/** The other end: the page sends it a port, on which it is asked. */
export function listen() {
  self.onmessage = ({ data: { port } }) => void (port.onmessage = serve);
  self.postMessage({ ready: true });
}

/** One answer, and by the time it leaves everything that led to it is wiped. @param {MessageEvent} event */
async function serve({ data: { url, integrity, verb, args }, target }) {
  const port = /** @type {MessagePort} */ (target);
  /** @type {WebAssembly.Memory | undefined} */
  let memory;
  const answer = await (async () => {
    ({ memory } = await init({ module_or_path: fetch(url, integrity ? { integrity } : {}) }));
    const began = performance.now();
    const units = glue.measure(verb === "open" ? args[1] : undefined);
    port.postMessage({ seconds: (units * (performance.now() - began)) / 1000 });
    return { value: /** @type {any} */ (glue)[verb](...args) };
  })().catch((error) => ({ error: typeof error === "string" ? error : "start-failed", value: undefined }));
  if (memory) new Uint8Array(memory.buffer).fill(0);
  args.forEach((/** @type {any} */ arg) => arg instanceof Uint8Array && arg.fill(0));
  port.postMessage(answer, answer.value ? [answer.value.buffer] : []);
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
