/** Types of the public API that page and worker share. */
import type { StreamCode } from "./codes.js";

export type Bytes = Uint8Array<ArrayBuffer>;

/** Why a start failed: fields of the error "start-failed". */
export interface Cause {
  reason:
    | "http-status"
    | "wrong-file"
    | "damaged"
    | "integrity"
    | "wasm-blocked"
    | "worker-blocked"
    | "other-origin"
    | "network"
    | "time-out"
    | "script-error"
    | "not-run"
    | "other-build";
  /** The file that failed, without its query. */
  url: string;
  /** The HTTP status, if `reason` is "http-status". */
  status?: number;
  /** The builds of the two files that do not belong together, if `reason` is "other-build". */
  builds?: Builds;
}

/** Two build ids; "unknown" stands for a file without one. */
export interface Builds {
  expected: string;
  found: string;
}

/** Progress of Argon2id, estimated from the first twelfth of the work. */
export interface Progress {
  /** From 0 to 1; 1 when done. */
  fraction: number;
  /** Estimated seconds that are left. */
  seconds: number;
}

/** A device's public keys. */
export interface Bundle {
  /** 32 hexadecimal digits. */
  readonly id: string;
  readonly bytes: Bytes;
}

/** The four labels that identify a stream. */
export interface Labels {
  direction: "seal" | "open";
  kind: "audio" | "video";
  /** The id or name of the side that seals it. */
  sender: string;
  /** The label that both sides know the track by. */
  track: string;
}

export type State = "waiting-for-key" | "sealed" | "failing" | "not-sealed";

/** The fields of a "state" event. */
export interface StateChange extends Labels {
  state: State;
  /** The reason for the state; empty if it is "sealed". */
  code: StreamCode | "";
}

/**
 * Counters of a stream. `frames`, `bytes` and `overhead` count frames that were sealed or opened.
 */
export interface StreamStats extends Labels {
  /** The media type of the last frame, such as "video/VP8". Empty before the first frame. */
  codec: string;
  /** Empty before the first frame. */
  state: State | "";
  /** As in a "state" event. */
  code: StreamCode | "";
  frames: number;
  /** Plaintext bytes. */
  bytes: number;
  /** Bytes that sealing added. */
  overhead: number;
  /** Frames that were not passed on, for each code. */
  dropped: { [C in StreamCode]?: number };
  /** The core's time for a frame: median and 99th percentile. One frame in eight is timed. */
  microseconds: { p50: number; p99: number };
}

/** The cipher suites of a group, by name. */
export type Suite = "mlkem768-p256" | "p256" | "p256-aes128";

/** How a call's devices exchange keys as an MLS group. */
export interface GroupOptions {
  suite: Suite;
  /** Whether the transport carries a message to all devices; "ordered": in one order to all. */
  broadcast: boolean | "ordered";
  /** Whether the group also needs a passphrase. */
  hasPassphrase: boolean;
}

/** An epoch of an MLS group: a state that all its members have in common. */
export interface Epoch {
  /** Grows by one with each change. */
  epoch: number;
  /** Six groups of five digits, the same for all members. */
  code: string;
  /** Ids of the devices in it, also our own. */
  members: string[];
}

/** A device on the roster. */
export interface MemberStats {
  id: string;
  kem: "p256" | "mlkem768-p256" | "rsa";
  legacy: boolean;
  /** Whether we have its key. */
  keyed: boolean;
  /** Whether it confirmed our newest key. */
  acknowledged: boolean;
}

export interface Stats {
  streams: StreamStats[];
  /** Devices of the roster; empty if keys do not come from devices. */
  members: MemberStats[];
  /** Whether keys are hybrid for all members and this device; undefined without device keys. */
  hybrid?: boolean | undefined;
  /** Ids of the devices without hybrid keys. */
  classic: string[];
  /** The present epoch, if the call has an MLS group and this device is in it. */
  epoch?: Epoch | undefined;
  /** How often the core or its worker was restarted; a new worker counts streams from 0. */
  restarts: number;
}
