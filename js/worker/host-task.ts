/** Types of what the core asks the worker to do: the outputs of src/session. */
import type { ErrorCode } from "../shared/codes.js";
import type { Bytes } from "../shared/types.js";

/** Signs with the device's key: ECDSA over SHA-256. */
export interface SignTask {
  ticket: number;
  bytes: Bytes;
}

/** Finds the secret in an encapsulation to the device. */
export interface AgreeTask {
  ticket: number;
  kem: string;
  /** A P-256 point, or an RSA ciphertext. */
  enc: Bytes;
}

/** Verifies a signature of another device. */
export interface VerifyTask {
  ticket: number;
  /** A P-256 point. */
  public: Bytes;
  signature: Bytes;
  bytes: Bytes;
}

/** Encapsulates a new secret to another device. */
export interface EncapsulateTask {
  ticket: number;
  kem: string;
  /** A P-256 point, or an RSA modulus. */
  public: Bytes;
}

/** An output of the core. The core gets the result of a task with a ticket. */
export type HostTask =
  | { type: "send"; to: string; bytes: Bytes }
  | { type: "refused"; from?: string; code: ErrorCode }
  /** The key of this sender arrived or changed. */
  | { type: "key"; sender: string }
  /** Our own key changed. */
  | { type: "own-key" }
  | ({ type: "sign" } & SignTask)
  | ({ type: "agree" } & AgreeTask)
  | ({ type: "verify" } & VerifyTask)
  | ({ type: "encapsulate" } & EncapsulateTask)
  /** A device is in the call twice. */
  | { type: "twice"; device: string }
  | { type: "untrusted"; sender: string; devices: string[] }
  | { type: "trusted"; sender: string }
  /** Calls `tick()` at this time, in milliseconds of `now()`. */
  | { type: "wake"; at: number };
