/** Types of the values that an application passes to sealframe. */
import type { Bundle, Progress, Suite } from "../shared/types.js";

/** Options of `Sealframe.start()`. */
export interface StartOptions {
  /** URL of worker.js, on the page's own origin. */
  workerUrl?: string | URL;
  /** URL of core.wasm. */
  wasmUrl?: string | URL;
  /** `sha384-…` of core.wasm. If the file has another hash, the start fails. */
  integrity?: string;
  /** URL of argon2.wasm, which runs Argon2id. It is fetched for a password or passphrase only. */
  argon2Url?: string | URL;
  /** `sha384-…` of argon2.wasm. */
  argon2Integrity?: string;
  /** URL of mls.wasm. It is fetched for a call with `group` only. */
  mlsUrl?: string | URL;
  /** `sha384-…` of mls.wasm. */
  mlsIntegrity?: string;
  /** Used instead of our policy, which is called "sealframe". */
  trustedTypesPolicy?: Policy;
  /** Whether to use device keys, which this browser profile keeps. Default: true. */
  device?: boolean;
  /** The name of one of several device identities in this profile. */
  name?: string;
  /**
   * Whether a new device has an ML-KEM-768 key beside its P-256 key. With "required", members
   * without one are refused. Default: true.
   */
  postQuantum?: boolean | "required";
  /**
   * Whether members that only have RSA-2048 are allowed. With "device" a new device of this profile
   * is also such a device. Default: false.
   */
  legacy?: false | "accept" | "device";
  /** Makes a new device recoverable with this password: `recoveryFile()`. */
  recovery?: { password: string };
  /** Restores the device in this recovery file, if the profile has no device. */
  restore?: { file: Uint8Array; password: string };
  /** Called with the progress of Argon2id, for passwords and passphrases. */
  onprogress?(progress: Progress): void;
}

/** A Trusted Types policy. */
export interface Policy {
  createScriptURL(url: string): unknown;
}

/** A person with several devices. The application chooses the name. */
export interface Person {
  name: string;
  devices: (Bundle | Uint8Array)[];
}

/** The key of each sender, 16 to 64 bytes. */
export interface Keys {
  [sender: string]: Uint8Array;
}

/** Options of `sealframe.join()`. */
export interface JoinOptions {
  /** Keys from the application's own exchange. */
  keys?: Keys;
  /** A secret that all sides of the call know. */
  passphrase?: string;
  /**
   * The devices form an MLS group, instead of sending keys to each other. All devices of a call
   * must have the same `group`, `suite` and `broadcast`. With a passphrase only devices that know
   * it can enter the group.
   */
  group?: "mls";
  /** The suite of the group. Default: "mlkem768-p256". */
  suite?: Suite;
  /**
   * Whether messages for all devices of the group come as one event with an empty `to`; "ordered"
   * if the transport also gives them to all, this device too, in one order. Default: false.
   */
  broadcast?: boolean | "ordered";
  /** The name of this side, if keys do not come from devices. Default: the device's id. */
  as?: string;
}

/** Options of `call.seal()`. */
export interface SealOptions {
  /** The label that the receivers know the track by. Default: "". */
  track?: string;
  /** The media type, such as "video/VP8", of frames that do not name theirs. */
  codec?: string;
}

/** Options of `call.open()`. */
export interface OpenOptions extends SealOptions {
  /** The device id or name of the side that seals. */
  from: string;
}
