/** The error class of the package, and the text of each code that JavaScript makes. */
import { isDomException } from "./brand.js";
import type { ErrorCode, ShimCode, StreamCode } from "./codes.js";
import type { Builds, Cause } from "./types.js";

/** A code of the core has no text here: the core sends the code alone. */
const TEXTS: Record<ShimCode, string> = {
  "already-protected": "another transform, or another call, owns this sender or receiver",
  "bad-argument": "an argument has the wrong type or length",
  "bad-container": "this is not a recovery file, or it is damaged",
  "classic-device": "a device has no ML-KEM key, and the application requires one",
  "call-closed": "the call is closed",
  "core-restarted": "the core crashed and was started again; keys of the application are lost",
  "leak-stopped": "this sender sent packets that were not sealed; it was stopped",
  "device-busy": "this device is in this call already, in this page or another",
  "device-exists": "this profile has another device; log it out first",
  "header-extension": "packet headers would show samples of the picture; the sender was stopped",
  "logged-out": "another page erased the device of this profile",
  "mismatched-keys": "private and public keys in this recovery file do not belong together",
  "not-protected": "frames bypass every transform: make the connection with call.configuration()",
  "not-recoverable": "this device was made without a recovery password",
  "out-of-memory": "there is not enough memory for Argon2",
  "start-failed": "the worker or its WebAssembly did not start",
  "store-damaged": "the storage of this profile was changed or damaged",
  "store-failed": "the storage of this profile is full, blocked or deleted",
  "too-many-receivers": "eight receivers of this track are open; close one first",
  "tones-refused": "tones of a sealed sender would leave in plaintext",
  "too-late": "this sender has sent plaintext before: call seal() before it is negotiated",
  "unsupported-browser": "this browser lacks a worker, WebCrypto, SIMD or encoded transforms",
  "worker-failed": "the worker stopped working; nothing is sent any more",
  "worker-restarted": "another worker took over; ask again, and pass the application's keys again",
  "wrong-password": "the password does not open this recovery file",
};

/** Why a start failed, by the `reason` of the error. */
const REASONS: Record<Cause["reason"], string> = {
  "http-status": "the server answered with an error",
  "wrong-file": "the server sent another file, such as a page",
  damaged: "it is incomplete or damaged, or this browser lacks WebAssembly SIMD",
  integrity: "its hash is not the expected one",
  "wasm-blocked": "the page's policy lacks 'wasm-unsafe-eval'",
  "worker-blocked": "the page's policy forbids it",
  "other-origin": "it is on another origin, which does not allow that",
  network: "it could not be fetched",
  "time-out": "it took too long",
  "script-error": "it threw an error",
  "not-run": "the browser did not run it",
  "other-build": "it is of another build",
};

/**
 * The only class of errors that this package throws. `code` is stable, the text is not; neither
 * contains a secret.
 */
export class SealframeError extends Error {
  static {
    Object.defineProperty(this, "name", { value: "SealframeError" }); // bundlers rename classes
  }

  readonly code: ErrorCode;
  /** Why a start failed. Only an error "start-failed" has it and the three fields below. */
  declare readonly reason?: Cause["reason"];
  /** The file that failed, without its query. */
  declare readonly url?: string;
  /** The HTTP status, if `reason` is "http-status". */
  declare readonly status?: number | undefined;
  /** Both build ids, if `reason` is "other-build". */
  declare readonly builds?: Builds | undefined;

  constructor(code: ErrorCode, detail: string | Cause = "") {
    const cause = typeof detail === "string" ? undefined : { ...detail, url: bare(detail.url) };
    const text = (TEXTS as Partial<Record<string, string>>)[code] ?? `refused (${code})`;
    super(`${text}${detail && `: ${cause ? textOf(cause) : detail}`}`);
    this.name = "SealframeError";
    this.code = code;
    if (!cause) return;
    this.reason = cause.reason;
    this.url = cause.url;
    this.status = cause.status;
    this.builds = cause.builds;
  }
}

/** The URL without credentials, query and fragment: a signed URL has a secret in its query. */
const bare = (url: string) => url.replace(/[?#].*/s, "").replace(/\/\/[^/]*@/, "//");

function textOf({ reason, url, status, builds }: Cause): string {
  const more = status ? ` (${status})` : builds ? ` (${builds.found} for ${builds.expected})` : "";
  return `${REASONS[reason]}${more}: ${url}`;
}

/** The fields from which another realm can make the same error "start-failed". */
export function causeIn(error: unknown): Cause | undefined {
  const { reason, url, status, builds } = error as Cause;
  return reason && { reason, url, status, builds };
}

/**
 * The code of a thrown value. Its text stays behind, because a text may quote input. An error of
 * the browser's own comes from the storage, unless the caller passes another code.
 */
export function codeOf(error: unknown, other?: ErrorCode): ErrorCode;
export function codeOf(error: unknown, other: StreamCode): StreamCode;
export function codeOf(error: unknown, other?: StreamCode): StreamCode {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  if (typeof code === "string") return code as ErrorCode;
  return other ?? (isDomException(error) ? "store-failed" : "worker-failed");
}
