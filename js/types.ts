/** Shapes, and no code: what applications, page and worker hand each other. */

/** Options of `Sealframe.start()`. */
export interface StartOptions {
  /** Where worker.js is, on the page's own origin. */
  workerUrl?: string | URL;
  /** Where core.wasm is. */
  wasmUrl?: string | URL;
  /** `sha384-…` of core.wasm: another file does not start. */
  integrity?: string;
  /** Where vault.wasm is, which runs Argon2id: fetched when a password or passphrase is used. */
  vaultUrl?: string | URL;
  /** `sha384-…` of vault.wasm. */
  vaultIntegrity?: string;
  /** Instead of ours, which is called "sealframe". */
  trustedTypesPolicy?: Policy;
  /** Device keys, kept in this browser profile. Default: true. */
  device?: boolean;
  /** One of several device identities in this profile. */
  name?: string;
  /** Of a new device: whether it has an ML-KEM-768 key beside its P-256 key. "required": members without one are refused. Default: true. */
  postQuantum?: boolean | "required";
  /** Whether members that only have RSA-2048 are allowed; "device" makes such a one. Default: false. */
  legacy?: false | "accept" | "device";
  /** A new device can be recovered with this password: `recoveryFile()`. */
  recovery?: { password: string };
  /** The device that such a file holds, in a profile without one. */
  restore?: { file: Uint8Array; password: string };
  /** How far a password's or passphrase's work is. */
  onprogress?(progress: Progress): void;
}

/** Of Argon2id, foretold from a twelfth of it; 1 when it is done. */
export interface Progress {
  fraction: number;
  /** What is left. */
  seconds: number;
}

/** Someone with several devices, known by a name that the application gives. */
export interface Person {
  name: string;
  devices: (Bundle | Uint8Array)[];
}

/** Persons, and their devices' ids. */
export type Roster = { name: string; devices: string[] }[];

/** A device on the roster. */
export interface MemberStats {
  id: string;
  kem: "p256" | "mlkem768-p256" | "rsa";
  legacy: boolean;
  /** Whether we have its key. */
  keyed: boolean;
  /** Whether it has our newest. */
  acknowledged: boolean;
}

/** A Trusted Types policy, as far as we need one. */
export interface Policy {
  createScriptURL(url: string): unknown;
}

/** A device's public keys. */
export interface Bundle {
  readonly id: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
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
  /** The slot that the same sender or receiver had before. */
  replaces?: number;
  /** Of frames that do not say theirs. */
  codec?: string;
}

/** A "state" event has these fields. */
export interface StateChange extends Labels {
  state: State;
  /** Why; empty when sealed. */
  code: string;
}

/** Of frames that were sealed, or opened and found genuine. */
export interface StreamStats extends Labels {
  /** Empty before the first frame. */
  state: State | "";
  /** As in a "state" event. */
  code: string;
  frames: number;
  /** In the clear. */
  bytes: number;
  /** Bytes that sealing added. */
  overhead: number;
  dropped: { [code: string]: number };
  /** A frame's way through the core; one in eight is timed. */
  microseconds: { p50: number; p99: number };
}

export interface Stats {
  streams: StreamStats[];
  /** Of the roster, where keys come from devices. */
  members: MemberStats[];
  /** Whether keys are hybrid for all members and this device; undefined where keys do not come from devices. */
  hybrid?: boolean;
  /** Ids of devices because of which they are not. */
  classic: string[];
  /** How often the core or its worker was started again; a worker begins with fresh counters. */
  restarts: number;
}

/** Frames that the worker was given for a sender or receiver, and how many of them it passed on. */
export interface Count {
  given: number;
  passed: number;
  /** Of the frames that it passed on. */
  bytes: number;
}

/** By slot; those that have not changed are left out. */
export interface Counts {
  [slot: number]: Count;
}

/** What `sealframe/stomp` uses of a Client of `@stomp/stompjs`. */
export interface StompClient {
  readonly connected: boolean;
  readonly webSocket: { readonly readyState: number } | undefined;
  onConnect: (frame: any) => void;
  publish(message: { destination: string; body: string; headers: StompHeaders }): void;
  subscribe(destination: string, take: (message: { readonly body: string }) => void, headers: StompHeaders): { unsubscribe(): void };
  watchForReceipt(id: string, arrived: () => void): void;
}

export interface StompHeaders {
  [name: string]: string;
}

/** Options of `connect()` in `sealframe/stomp`. */
export interface StompOptions {
  /** What destinations begin with; the call's tag, a dot and the device's id follow. Default: "/topic/sealframe." */
  prefix?: string;
  /** Where a device's messages go, instead. */
  destination?: (device: string) => string;
  /** What this device subscribes to, where the broker calls that otherwise: "/user/queue/keys". */
  inbox?: string;
  /** For SUBSCRIBE and SEND, such as `{ "x-expires": "60000" }` for queues of RabbitMQ. */
  headers?: StompHeaders;
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
  /** For the page, too: it is asked for what this sender's payload types mean. */
  | { type: "codecs"; slot: number }
  | { type: "keys-changed"; name: string; added: string[] }
  | { type: "device-twice"; device: string }
  | { type: "post-quantum"; hybrid: boolean; classic: string[] }
  /** For the page itself. */
  | ({ type: "progress" } & Progress)
  | { type: "logged-out" }
);

/** An encoded frame, audio or video. */
export interface Frame {
  data: ArrayBuffer;
  /** Of video: "key" or "delta". */
  type?: string;
  getMetadata(): { mimeType?: string; payloadType?: number };
}

/** An RTCRtpScriptTransformer, or what a test wraps around one. */
export interface Transformer {
  readable: ReadableStream<Frame>;
  writable: WritableStream<Frame>;
  sendKeyFrameRequest?(): Promise<unknown>;
  generateKeyFrame?(): Promise<unknown>;
}
