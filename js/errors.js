import { isDomException } from "./brand.js";

/** Codes made in JavaScript and their texts. The core's codes pass through. All of them: docs/api.md. */
const TEXTS = /** @type {Record<string, string>} */ ({
  "already-protected": "another transform, or another call, owns this sender or receiver",
  "bad-argument": "an argument has the wrong type or length",
  "bad-container": "this is no recovery file, or it is damaged",
  "classic-device": "a device has no ML-KEM key, and the application requires one",
  "call-closed": "the call is closed",
  "core-restarted": "the core trapped and was started again; the application's keys are gone",
  "leak-stopped": "packets left this sender that were not sealed; it was stopped",
  "device-busy": "this device is in this call already, in this page or another",
  "device-exists": "this profile has another device; log it out first",
  "logged-out": "this profile's device was erased by another page",
  "not-protected": "its frames already pass by: make the connection with call.configuration()",
  "not-recoverable": "this device was made without a recovery password",
  "out-of-memory": "there is no memory for Argon2",
  "start-failed": "the worker or its WebAssembly did not start",
  "store-damaged": "what this profile has stored is not what was put there",
  "store-failed": "this profile's storage is full, blocked or gone",
  "too-many-receivers": "eight receivers of this track are open; close one first",
  "tones-refused": "tones of a sealed sender would leave in plaintext",
  "too-late": "this sender has sent plaintext before: call seal() before it is negotiated",
  "unsupported-browser": "this browser has no encoded transform, no worker or no WebCrypto",
  "worker-failed": "the worker stopped working; nothing is sent any more",
  "worker-restarted": "another worker took over; ask again, and give the application's keys again",
  "wrong-password": "the password does not open this recovery file",
});

/** What everything here throws. `code` is stable, the text is not; neither holds a secret. */
export class SealframeError extends Error {
  static { Object.defineProperty(this, "name", { value: "SealframeError" }); } // bundlers rename it

  /** @readonly */ code;

  constructor(/** @type {string} */ code, detail = "") {
    super(`${TEXTS[code] ?? `refused (${code})`}${detail && `: ${detail}`}`);
    this.name = "SealframeError";
    this.code = code;
  }
}

/** The code of whatever was thrown; its text may quote input, so that stays behind. The browser's own errors are the store's, or `other`. */
export function codeOf(/** @type {any} */ error, /** @type {string | undefined} */ other = undefined) {
  if (typeof error?.code === "string") return error.code;
  return other ?? (isDomException(error) ? "store-failed" : "worker-failed");
}
