/** Shapes, and no code: what applications, page and worker hand each other. */

/** Options of `Sealframe.start()`. */
export interface StartOptions {
  /** Where worker.js is, on the page's own origin. */
  workerUrl?: string | URL;
  /** Where core.wasm is. */
  wasmUrl?: string | URL;
  /** `sha384-…` of core.wasm: another file does not start. */
  integrity?: string;
  /** Instead of ours, which is called "sealframe". */
  trustedTypesPolicy?: Policy;
  /** Device keys, kept in this browser profile. Default: true. */
  device?: boolean;
  /** One of several device identities in this profile. */
  name?: string;
}

/** A Trusted Types policy, as far as we need one. */
export interface Policy {
  createScriptURL(url: string): unknown;
}

/** A device's public keys. */
export interface Bundle {
  readonly id: string;
  readonly bytes: Uint8Array;
}

/** 16 to 64 bytes for each sender. */
export interface Keys {
  [sender: string]: Uint8Array;
}

export type State = "waiting-for-key" | "sealed" | "failing" | "not-sealed";

/** Which stream. */
export interface Labels {
  direction: "seal" | "open";
  kind: "audio" | "video";
  sender: string;
  track: string;
}

/** A sender or receiver of the page, as the worker knows it. */
export interface Ward extends Labels {
  slot: number;
}

/** A "state" event has these fields. */
export interface StateChange extends Labels {
  state: State;
  /** Why; empty when sealed. */
  code: string;
}

/** Of frames that were sealed, or opened and found genuine. */
export interface StreamStats extends StateChange {
  frames: number;
  /** In the clear. */
  bytes: number;
  /** Bytes that sealing added. */
  overhead: number;
  dropped: { [code: string]: number };
  /** A frame's way through the core. */
  microseconds: { p50: number; p99: number };
}

export interface Stats {
  streams: StreamStats[];
  /** How often the core or its worker was started again; a worker begins with fresh counters. */
  restarts: number;
}

/** Frames that the worker was given for a sender or receiver, and how many of them it passed on. */
export interface Count {
  given: number;
  passed: number;
}

/** By slot, of senders; those that have not changed are left out. */
export interface Counts {
  [slot: number]: Count;
}

/** Worker to page: the answer to the request of that id. */
export interface Reply {
  type: "reply";
  id: number;
  value?: any;
  error?: string;
}

/** Worker to page, unasked: becomes an event on that call, or on all calls. */
export type Notice = { call?: number } & (
  | { type: "message"; to: string; bytes: Uint8Array }
  | ({ type: "state" } & StateChange)
  | { type: "error"; code: string; from?: string }
  | { type: "restarted"; code: string }
  /** For the page: it is the one that can have this sender's encoder make one. */
  | { type: "key-frame"; slot: number }
);

/** An encoded frame, audio or video. */
export interface Frame {
  data: ArrayBuffer;
  /** Of video: "key" or "delta". */
  type?: string;
  getMetadata(): { mimeType?: string };
}

/** An RTCRtpScriptTransformer, or what a test wraps around one. */
export interface Transformer {
  readable: ReadableStream<Frame>;
  writable: WritableStream<Frame>;
  sendKeyFrameRequest?(): Promise<unknown>;
  generateKeyFrame?(): Promise<unknown>;
}
