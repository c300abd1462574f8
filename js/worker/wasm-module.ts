/** Fetches a WebAssembly module of our build and compiles it. An error says why it failed. */
import { BUILD } from "../../target/glue/build.js";
import { SealframeError } from "../shared/errors.js";
import { within } from "../shared/time-limit.js";
import type { Bytes, Cause } from "../shared/types.js";

/** A download of some 200 kilobytes may take at most this many milliseconds. */
const DOWNLOAD_MS = 60_000;
/** The first bytes of every module. */
const MAGIC = "\0asm";

interface Found {
  /** The HTTP status, if it is an error. */
  status: number | undefined;
  bytes: Bytes;
}

/** The module at this URL, after `change` has changed its bytes. */
export async function fetchModule(
  url: string,
  integrity: string | undefined,
  change = (bytes: Bytes) => bytes,
): Promise<WebAssembly.Module> {
  const late = failure(url, "time-out");
  return compileModule(change(await within(download(url, integrity), DOWNLOAD_MS, late)), url);
}

/** Compiles a module that came from this URL, and checks that it is of our build. */
export async function compileModule(bytes: Bytes, url: string): Promise<WebAssembly.Module> {
  const module = await WebAssembly.compile(bytes).catch(() => {
    // A policy forbids compilation, but not validation.
    throw failure(url, WebAssembly.validate(bytes) ? "wasm-blocked" : "damaged");
  });
  const [section] = WebAssembly.Module.customSections(module, "build");
  const found = section ? new TextDecoder().decode(section) : "unknown";
  if (found !== BUILD) throw failure(url, "other-build", { builds: { expected: BUILD, found } });
  return module;
}

function failure(url: string, reason: Cause["reason"], more?: Partial<Cause>) {
  return new SealframeError("start-failed", { url, reason, ...more });
}

async function download(url: string, integrity: string | undefined): Promise<Bytes> {
  const first = await get(url, integrity).catch(() => undefined);
  // Browsers do not say that the hash was wrong. A second fetch without a hash shows it.
  const found = first ?? (integrity ? await get(url).catch(() => undefined) : undefined);
  if (!found) throw failure(url, isElsewhere(url) ? "other-origin" : "network");
  const { status, bytes } = found;
  if (status) throw failure(url, "http-status", { status });
  if (String.fromCharCode(...bytes.subarray(0, MAGIC.length)) !== MAGIC)
    throw failure(url, "wrong-file");
  if (!first) throw failure(url, (await matches(bytes, integrity)) ? "network" : "integrity");
  return bytes;
}

async function get(url: string, integrity?: string): Promise<Found> {
  const response = await fetch(url, integrity ? { integrity } : {});
  return {
    status: response.ok ? undefined : response.status,
    bytes: new Uint8Array(await response.arrayBuffer()),
  };
}

const isElsewhere = (url: string) => new URL(url).origin !== self.location.origin;

/** Whether one of the hashes in `integrity` is that of the bytes. */
async function matches(bytes: Bytes, integrity = ""): Promise<boolean> {
  for (const [, bits, hash] of integrity.matchAll(/sha(256|384|512)-([\w+/]+=*)/g)) {
    const digest = new Uint8Array(await crypto.subtle.digest(`SHA-${bits}`, bytes));
    if (btoa(String.fromCharCode(...digest)) === hash) return true;
  }
  return false;
}
