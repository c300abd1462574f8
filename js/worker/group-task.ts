/** Types of what the MLS module asks the worker to do: `Task` in crates/mls/src/wasm.rs. */
import type { ErrorCode } from "../shared/codes.js";
import type { Bytes } from "../shared/types.js";

/** An output of the module. */
export type GroupTask =
  | EpochTask
  | { type: "forget" }
  | { type: "left" }
  | { type: "refused"; from?: string; code: ErrorCode }
  | { type: "seal"; context: number }
  | { type: "send"; to?: string; bytes: Bytes }
  | SignTask
  | { type: "twice" }
  | { type: "wake"; at: number };

/** Keys of an epoch. */
export interface EpochTask {
  type: "epoch";
  epoch: number;
  context: number;
  width: number;
  code: string;
  members: string[];
  leaves: number[];
  leaf: number;
  secret: Bytes;
}

/** Signs with the device's key: ECDSA over SHA-256. */
export interface SignTask {
  type: "sign";
  ticket: number;
  bytes: Bytes;
}
