/** Types of all messages between page and worker. messages.ts checks them. */
import type { ErrorCode, FaultCode, StopCode } from "./codes.js";
import type {
  Bytes,
  Cause,
  Epoch,
  GroupOptions,
  Labels,
  Progress,
  StateChange,
  Stats,
} from "./types.js";

/** A request of the page: its fields, and the answer of the worker. */
interface Exchange<Fields, Answer = void> {
  fields: Fields;
  answer: Answer;
}

/** Options of the worker's start. */
export interface StartFields {
  /** URL of core.wasm. */
  wasm: string;
  integrity?: string | undefined;
  /** URL of argon2.wasm. */
  argon2: string;
  argon2Integrity?: string | undefined;
  /** URL of mls.wasm. */
  mls: string;
  mlsIntegrity?: string | undefined;
  /** Whether the profile's device is used; "known": only if it exists, none is made. */
  device: boolean | "known";
  name: string;
  postQuantum: boolean | "required";
  legacy: false | "accept" | "device";
  password?: string | undefined;
  /** A recovery file. */
  file?: Bytes | undefined;
  /** Name of the Web Lock that the worker holds as long as it lives. */
  lock: string;
  build: string;
}

/** The answer to a start. */
export interface Started {
  /** Whether the worker holds its lock: some pages have no locks. */
  held: boolean;
  device?: { id: string; bytes: Bytes } | undefined;
  /** Whether this start made the device. */
  isNew: boolean;
}

/** A roster: each device's bundle, its id if the application gave one, and its person. */
export interface RosterFields {
  bundles: Uint8Array[];
  ids: (string | undefined)[];
  /** Each device's person, as an index into `names`. */
  owners: (number | undefined)[];
  names: string[];
}

/** The entry of a roster that was refused, and the bundles of the roster that stays. */
export interface RosterRefusal {
  code: ErrorCode;
  index: number;
  bundles: Uint8Array[];
}

/** Keys of the application: senders, and in the same order their keys of 16 to 64 bytes. */
export interface KeyFields {
  senders: string[];
  keys: Uint8Array[];
}

interface InCall {
  /** The number of the call in this page. */
  call: number;
}

interface OfStream extends InCall {
  attachmentId: number;
}

/** Requests to the worker itself. */
interface WorkerRequests {
  start: Exchange<StartFields, Started>;
  join: Exchange<InCall & Joined, string>;
  safetyNumber: Exchange<{ bundle: Uint8Array }, string>;
  recoveryFile: Exchange<object, Bytes>;
  forgetDevice: Exchange<{ name: string; device: string }>;
  logOut: Exchange<object>;
}

/** Requests to one call. */
interface CallRequests {
  keys: Exchange<InCall & KeyFields>;
  passphrase: Exchange<InCall & { passphrase: string }>;
  members: Exchange<InCall & RosterFields, RosterRefusal | undefined>;
  receive: Exchange<InCall & { bytes: Uint8Array; from?: string | undefined }>;
  rotate: Exchange<InCall>;
  reconnected: Exchange<InCall>;
  stats: Exchange<InCall, Stats>;
  /** The page stopped this sender. */
  stopped: Exchange<OfStream & { code: StopCode }>;
  /** The counts of this moment, if the worker has the stream. */
  count: Exchange<OfStream, Count | undefined>;
  /** The page no longer has this sender or receiver. */
  left: Exchange<OfStream>;
  /** The codecs of a sender's or receiver's RTP payload types. */
  codecs: Exchange<OfStream & { types: number[]; mimes: string[] }>;
  /**
   * Frames of this stream are not sent after they left the worker. An empty code says that they are
   * sent again.
   */
  fault: Exchange<OfStream & { code: FaultCode | "" }>;
  sealData: Exchange<InCall & { bytes: Uint8Array; to?: string | undefined }, Bytes>;
  openData: Exchange<InCall & { bytes: Uint8Array; from: string }, Bytes>;
  close: Exchange<InCall>;
}

type Requests = WorkerRequests & CallRequests;

export type RequestType = keyof Requests;
export type CallRequestType = keyof CallRequests;
export type Fields<T extends RequestType> = Requests[T]["fields"];
export type Answer<T extends RequestType> = Requests[T]["answer"];
/** A checked request. */
export type Request = { [T in RequestType]: { type: T } & Fields<T> }[RequestType];
/** Sends a request. */
export type Ask = <T extends RequestType>(type: T, fields: Fields<T>) => Promise<Answer<T>>;

/** How a call was joined. */
export interface Joined {
  callId: string;
  as?: string | undefined;
  /** Whether keys come from devices. */
  exchange: boolean;
  /** Whether they come from an MLS group of the devices. */
  group?: GroupOptions | undefined;
}

/** A sender or receiver of the page, as the worker knows it. */
export interface Attachment extends Labels {
  attachmentId: number;
  /** The id that the same sender or receiver had before. */
  replaces?: number | undefined;
  /** The media type of frames that do not name theirs. */
  codec?: string | undefined;
}

/** Options of a transform. */
export interface TransformOptions extends Attachment {
  call: number;
  /** Whether frames were lost with an earlier worker. */
  again: boolean;
}

/** Frames that came to the worker for a sender or receiver, and those that it passed on. */
export interface Count {
  received: number;
  forwarded: number;
  /** Bytes of the frames that it passed on. */
  bytes: number;
}

/** Counts by attachment id. Those that have not changed since the last pulse are left out. */
export interface Counts {
  [attachmentId: number]: Count;
}

/** Worker to page, five times a second: the worker is alive, and this is what it counted. */
export interface Pulse {
  type: "pulse";
  build: string;
  counts: Counts;
}

/** Worker to page: the answer to the request of that id. */
export interface Reply {
  type: "reply";
  id: number;
  value?: unknown;
  error?: ErrorCode;
  cause?: Cause | undefined;
}

/** Worker to page: needs a worker for Argon2 that is asked at this port, or is done with it. */
export interface Argon2Request {
  type: "argon2";
  question: number;
  port?: MessagePort;
}

/** Worker to page, unasked. Without a number it is for all calls. */
export type Notice = { call?: number } & News;

/** News of a call. Most of them become an event. */
export type News =
  | { type: "message"; to: string; bytes: Uint8Array }
  | ({ type: "epoch" } & Epoch)
  | ({ type: "state"; attachmentId: number } & StateChange)
  | { type: "error"; code: ErrorCode; from?: string }
  | { type: "restarted"; code: "core-restarted" | "worker-restarted" }
  /** For the page: only the page can make this sender's encoder produce a key frame. */
  | { type: "key-frame"; attachmentId: number }
  /** For the page: the worker needs to know what these payload types mean. */
  | { type: "codecs"; attachmentId: number }
  | { type: "keys-changed"; name: string; added: string[] }
  | { type: "device-twice"; device: string }
  | { type: "untrusted"; from: string; devices: string[]; over: boolean }
  | { type: "post-quantum"; hybrid: boolean; classic: string[] }
  /** For `onprogress`. */
  | ({ type: "progress" } & Progress)
  /** For the page: another page erased the device. */
  | { type: "logged-out" };

/** Posts news of a call. */
export type Post = (news: News) => void;
