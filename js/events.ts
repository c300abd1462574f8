/** What a call tells the page: no code here either, and beside types.ts because the worker has no senders. */
import type { Labels, StateChange } from "./types.js";

/** The fields of every event, by the name to listen for. */
export interface CallEvents {
  /** Carry these bytes to that device, whose page hands them to `receive()`. */
  message: Event & { readonly to: string; readonly bytes: Uint8Array<ArrayBuffer> };
  /** How a sender or receiver fares, where that changed. */
  state: Event & Readonly<StateChange>;
  /** Something was refused, or is over: `code` says what, `from` whose message it was, if it was one. */
  error: Event & { readonly code: string; readonly from?: string };
  /** "core-restarted" or "worker-restarted": keys that the application gave are gone, and to be given again. */
  restarted: Event & { readonly code: string };
  /** Devices of a person, by their ids, that this profile never saw. */
  "keys-changed": Event & { readonly name: string; readonly added: string[] };
  /** This device, whose id this call's `self` is, or a member is in the call twice: one of both is refused for 30 seconds. */
  "device-twice": Event & { readonly device: string };
  /** Whether keys are hybrid for all members, and the ids of devices because of which they are not, with this one's. */
  "post-quantum": Event & { readonly hybrid: boolean; readonly classic: string[] };
  /** Packets left this sender that were not sealed, so it has no track now. */
  "leak-stopped": Event & Readonly<Labels> & { readonly code: string; readonly rtpSender: RTCRtpSender };
}

type Listener<E> = ((event: E) => unknown) | { handleEvent(event: E): unknown } | null;

/** An EventTarget that knows these events. */
export interface CallTarget extends EventTarget {
  addEventListener<T extends keyof CallEvents>(type: T, listener: Listener<CallEvents[T]>, options?: boolean | AddEventListenerOptions): void;
  addEventListener(type: string, listener: Listener<Event>, options?: boolean | AddEventListenerOptions): void;
  removeEventListener<T extends keyof CallEvents>(type: T, listener: Listener<CallEvents[T]>, options?: boolean | EventListenerOptions): void;
  removeEventListener(type: string, listener: Listener<Event>, options?: boolean | EventListenerOptions): void;
}
