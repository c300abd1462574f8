/** Finds the worker and makes it. Importing this does nothing but compute two URLs. */
import { SealframeError } from "./errors.js";

// At top level and not inside `new Worker(…)`: bundlers then copy both files as plain assets.
const workerUrl = new URL("./worker.js", import.meta.url);
const wasmUrl = new URL("./core.wasm", import.meta.url);

/**
 * @typedef {{ createScriptURL(url: string): unknown }} Policy
 * @typedef {object} StartOptions
 * @property {string | URL} [workerUrl] where worker.js is, on the page's own origin
 * @property {string | URL} [wasmUrl] where core.wasm is
 * @property {string} [integrity] `sha384-…` of core.wasm: another file does not start
 * @property {Policy} [trustedTypesPolicy] instead of ours, which is called "sealframe"
 * @property {boolean} [device] true (default): device keys, kept in this browser profile
 * @property {string} [name] one of several device identities in this profile
 */

/** @type {Policy | undefined} */
let policy;
/** What our policy lets through: the shipped worker, and what was given to `start()`. */
const allowed = new Set([workerUrl.href]);

/** Checks the options; `make()` starts the worker, `fields` are for its first message. */
export function load(/** @type {StartOptions} */ options) {
  const { device = true, name = "", integrity, trustedTypesPolicy: own } = options;
  if (own !== undefined && typeof own?.createScriptURL !== "function") {
    throw new SealframeError("bad-argument", "trustedTypesPolicy");
  }
  const worker = absolute(options.workerUrl ?? workerUrl, "workerUrl");
  const wasm = absolute(options.wasmUrl ?? wasmUrl, "wasmUrl");
  return { make: () => make(worker, own), fields: { wasm, integrity, device, name } };
}

function absolute(/** @type {string | URL} */ url, /** @type {string} */ argument) {
  const base = globalThis.document?.baseURI;
  const fits = (typeof url === "string" || url instanceof URL) && URL.canParse(url, base);
  if (!fits) throw new SealframeError("bad-argument", argument);
  return new URL(url, base).href;
}

function make(/** @type {string} */ url, /** @type {Policy | undefined} */ own) {
  const { Worker, RTCRtpScriptTransform, crypto } = globalThis;
  if (!Worker || !RTCRtpScriptTransform || !crypto?.subtle) throw new SealframeError("unsupported-browser");
  try {
    return new Worker(/** @type {any} */ (trusted(url, own)), { type: "module", name: "sealframe" });
  } catch {
    throw new SealframeError("start-failed", "worker");
  }
}

function trusted(/** @type {string} */ url, /** @type {Policy | undefined} */ own) {
  const { trustedTypes } = /** @type {any} */ (globalThis);
  if (own || !trustedTypes) return own ? own.createScriptURL(url) : url;
  allowed.add(url);
  // Made once: where a page's CSP names the policy, a second one of that name is refused.
  policy ??= /** @type {Policy} */ (trustedTypes.createPolicy("sealframe", { createScriptURL: gate }));
  return policy.createScriptURL(url);
}

function gate(/** @type {string} */ url) {
  if (!allowed.has(url)) throw new SealframeError("bad-argument", "workerUrl");
  return url;
}
