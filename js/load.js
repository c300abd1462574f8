/** Finds the worker and makes it. Importing this does nothing but compute three URLs. */
import { isUrl } from "./brand.js";
import { SealframeError } from "./errors.js";

// At top level and not inside `new Worker(…)`: bundlers then copy these files as plain assets.
const workerUrl = new URL("./worker.js", import.meta.url);
const wasmUrl = new URL("./core.wasm", import.meta.url);
const vaultUrl = new URL("./vault.wasm", import.meta.url);

/** @typedef {import("./types.js").Policy} Policy @type {Policy | undefined} */
let policy;
/** What our policy lets through: the shipped worker, and what was given to `start()`. */
const allowed = new Set([workerUrl.href]);

/** Checks the options; `make()` starts the worker, `fields` are for its first message. */
export function load(/** @type {import("./types.js").StartOptions} */ options) {
  const { device = true, name = "", integrity, vaultIntegrity, trustedTypesPolicy: own } = options;
  const { postQuantum = true, legacy = false } = options;
  if (postQuantum === "required" && legacy) throw new SealframeError("bad-argument", "legacy");
  const wrong = own !== undefined && typeof own?.createScriptURL !== "function";
  if (wrong) throw new SealframeError("bad-argument", "trustedTypesPolicy");
  const worker = absolute(options.workerUrl ?? workerUrl, "workerUrl");
  const wasm = absolute(options.wasmUrl ?? wasmUrl, "wasmUrl");
  const vault = absolute(options.vaultUrl ?? vaultUrl, "vaultUrl");
  const fields = { wasm, integrity, vault, vaultIntegrity, device, name, postQuantum, legacy };
  return { make: (name = "sealframe") => make(name, worker, own), fields: { ...fields, ...recovery(options) } };
}

/** The same letters may be other bytes on another keyboard. */
export const normal = (/** @type {unknown} */ text) => (typeof text === "string" ? text.normalize("NFC") : text);

/** A password is there whenever one of the two options is: without one it would be another start. */
function recovery(/** @type {import("./types.js").StartOptions} */ { recovery, restore }) {
  const chosen = restore ?? recovery;
  if (chosen === undefined) return {};
  const file = restore && (restore.file ?? null);
  if (recovery && restore) throw new SealframeError("bad-argument", "restore");
  if (typeof chosen?.password !== "string") throw new SealframeError("bad-argument", "password");
  return { password: normal(chosen.password), file };
}

function absolute(/** @type {string | URL} */ url, /** @type {string} */ argument) {
  try {
    if (typeof url === "string" || isUrl(url)) return new URL(url, globalThis.document?.baseURI).href;
  } catch { /* no URL */ }
  throw new SealframeError("bad-argument", argument);
}

function make(/** @type {string} */ name, /** @type {string} */ url, /** @type {Policy | undefined} */ own) {
  const { Worker, RTCRtpScriptTransform, RTCRtpSender, crypto } = globalThis;
  // Chromium before 141 has streams, once for each sender, in place of transforms.
  const ways = RTCRtpScriptTransform || (RTCRtpSender && "createEncodedStreams" in RTCRtpSender.prototype);
  if (!Worker || !ways || !crypto?.subtle) throw new SealframeError("unsupported-browser");
  try {
    return new Worker(/** @type {any} */ (trusted(url, own)), { type: "module", name });
  } catch {
    throw new SealframeError("start-failed", "worker");
  }
}

/** Our policy is made once: where a page's CSP names it, a second one of that name is refused. */
function trusted(/** @type {string} */ url, /** @type {Policy | undefined} */ own) {
  const { trustedTypes } = /** @type {any} */ (globalThis);
  if (own || !trustedTypes) return own ? own.createScriptURL(url) : url;
  allowed.add(url);
  const createScriptURL = (/** @type {string} */ asked) => (allowed.has(asked) ? asked : undefined);
  policy ??= /** @type {Policy} */ (trustedTypes.createPolicy("sealframe", { createScriptURL }));
  return policy.createScriptURL(url);
}
