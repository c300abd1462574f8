/** Makes the worker. Importing this file computes four URLs, and does nothing else. */
import { isUrl } from "../shared/brand.js";
import { SealframeError } from "../shared/errors.js";
import type { StartFields } from "../shared/wire.js";
import type { Policy, StartOptions } from "./options.js";
import { support } from "./support.js";

// At top level and not inside `new Worker(…)`: bundlers then copy these files as plain assets.
const workerUrl = new URL("./worker.js", import.meta.url);
const wasmUrl = new URL("./core.wasm", import.meta.url);
const argon2Url = new URL("./argon2.wasm", import.meta.url);
const mlsUrl = new URL("./mls.wasm", import.meta.url);

let policy: Policy | undefined;
/** URLs that our policy allows: the shipped worker, and those passed to `start()`. */
const allowed = new Set([workerUrl.href]);

/** Makes a worker of this name. */
export type MakeWorker = (name?: string) => Worker;
/** The fields of the worker's start, except those that the supervisor adds. */
export type LoadedFields = Omit<StartFields, "lock" | "build">;

/** Checks the options of a start. `url` is that of worker.js. */
export function load(options: StartOptions) {
  const { device = true, name = "", postQuantum = true, legacy = false } = options;
  const { integrity, argon2Integrity, mlsIntegrity, trustedTypesPolicy: own } = options;
  if (postQuantum === "required" && legacy) throw new SealframeError("bad-argument", "legacy");
  const wrong = own !== undefined && typeof own?.createScriptURL !== "function";
  if (wrong) throw new SealframeError("bad-argument", "trustedTypesPolicy");
  const url = absolute(options.workerUrl ?? workerUrl, "workerUrl");
  const wasm = absolute(options.wasmUrl ?? wasmUrl, "wasmUrl");
  const argon2 = absolute(options.argon2Url ?? argon2Url, "argon2Url");
  const mls = absolute(options.mlsUrl ?? mlsUrl, "mlsUrl");
  const files = { wasm, integrity, argon2, argon2Integrity, mls, mlsIntegrity };
  const fields = { ...files, device, name, postQuantum, legacy };
  return {
    url,
    make: ((name = "sealframe") => make(name, url, own)) satisfies MakeWorker,
    fields: { ...fields, ...recovery(options) } as LoadedFields,
  };
}

/** Text in Unicode form NFC: the same letters may be other bytes on another keyboard. */
export const normalize = (text: string): string =>
  typeof text === "string" ? text.normalize("NFC") : text;

/** Both options need a password. Without one the start would be another. */
function recovery({ recovery, restore }: StartOptions) {
  const chosen = restore ?? recovery;
  if (chosen === undefined) return {};
  const file = restore && (restore.file ?? null);
  if (recovery && restore) throw new SealframeError("bad-argument", "restore");
  if (typeof chosen?.password !== "string") throw new SealframeError("bad-argument", "password");
  return { password: normalize(chosen.password), file };
}

function absolute(url: string | URL, argument: string): string {
  try {
    if (typeof url === "string" || isUrl(url))
      return new URL(url, globalThis.document?.baseURI).href;
  } catch {
    // Not a URL.
  }
  throw new SealframeError("bad-argument", argument);
}

function make(name: string, url: string, own: Policy | undefined): Worker {
  if (!support().supported) throw new SealframeError("unsupported-browser");
  try {
    // The constructor also takes the policy's TrustedScriptURL, which its type lacks.
    return new Worker(trusted(url, own) as string, { type: "module", name });
  } catch {
    throw new SealframeError("start-failed", {
      url,
      reason: new URL(url).origin === location.origin ? "worker-blocked" : "other-origin",
    });
  }
}

/** Our policy is made once: if a CSP names it, a second one of the same name is refused. */
function trusted(url: string, own: Policy | undefined): unknown {
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };
  if (own || !trustedTypes) return own ? own.createScriptURL(url) : url;
  allowed.add(url);
  const createScriptURL = (asked: string) => (allowed.has(asked) ? asked : undefined);
  policy ??= trustedTypes.createPolicy("sealframe", { createScriptURL });
  return policy.createScriptURL(url);
}

/** `window.trustedTypes`. */
interface TrustedTypes {
  createPolicy(name: string, rules: Policy): Policy;
}
