/** Every code that an error, an event or a stream can have. docs/api.md explains each. */

/** Codes of the core: src/error.rs. */
export type CoreCode =
  | "authentication-failed"
  | "bad-argument"
  | "bad-bundle"
  | "bad-header"
  | "bad-key-length"
  | "bad-message"
  | "bad-signature"
  | "call-closed"
  | "classic-device"
  | "counter-exhausted"
  | "device-key-failed"
  | "duplicate"
  | "frame-too-large"
  | "frame-too-short"
  | "legacy-device"
  | "malformed-frame"
  | "no-key"
  | "not-a-member"
  | "not-sealed"
  | "too-many-messages"
  | "too-many-receivers"
  | "too-old"
  | "unknown-codec"
  | "unknown-key"
  | "unknown-stream"
  | "unsupported-version"
  | "untrusted-key"
  | "unusable-key"
  | "window-missing"
  | "window-too-large"
  | "wrong-call"
  | "wrong-recipient"
  | "wrong-sender"
  | "wrong-suite";

/** Codes of the module that runs Argon2id. */
export type Argon2Code =
  | "bad-argument"
  | "bad-container"
  | "out-of-memory"
  | "unsupported-version"
  | "wrong-password";

/** Codes of the module that runs MLS: crates/mls/src/error.rs. */
export type MlsCode =
  | "bad-argument"
  | "bad-bundle"
  | "bad-commit"
  | "bad-credential"
  | "bad-group-info"
  | "bad-message"
  | "bad-signature"
  | "call-closed"
  | "device-key-failed"
  | "late-commit"
  | "no-group"
  | "not-a-member"
  | "replayed"
  | "stale-leaf"
  | "too-many-messages"
  | "unexpected-message"
  | "unknown-branch"
  | "unsupported-version"
  | "wrong-call"
  | "wrong-recipient";

/** Codes that page and worker make; `TEXTS` in errors.ts has a text for each. */
export type ShimCode =
  | "already-protected"
  | "bad-argument"
  | "bad-container"
  | "call-closed"
  | "classic-device"
  | "core-restarted"
  | "device-busy"
  | "device-exists"
  | "header-extension"
  | "leak-stopped"
  | "logged-out"
  | "mismatched-keys"
  | "not-protected"
  | "not-recoverable"
  | "out-of-memory"
  | "start-failed"
  | "store-damaged"
  | "store-failed"
  | "too-late"
  | "too-many-receivers"
  | "tones-refused"
  | "unsupported-browser"
  | "worker-failed"
  | "worker-restarted"
  | "wrong-password";

/** The codes of errors and of "error" events. */
export type ErrorCode = CoreCode | Argon2Code | MlsCode | ShimCode;

/** Why the page stopped a sender that was sealed. */
export type StopCode = "leak-stopped" | "header-extension";

/** The faults of a stream that only the page can find. */
export type FaultCode = "not-sent" | "packetization-mode";

/** The codes of a stream. They are also the keys of `dropped`. */
export type StreamCode =
  | ErrorCode
  | FaultCode
  | "frame-failed"
  | "only-duplicates"
  | "unknown-payload-type";
