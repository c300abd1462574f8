/** Types of the events that a call has everywhere: in a page and in Node. */
import type { ErrorCode } from "./codes.js";
import type { Bytes, StateChange } from "./types.js";

/** The fields of these events, by their names. */
export interface KeyEvents {
  /**
   * Carry these bytes to the device `to`, whose page passes them to `receive()`. With the option
   * `broadcast` an empty `to` stands for all devices.
   */
  message: Event & { readonly to: string; readonly bytes: Bytes };
  /** The state of a sender or receiver changed. */
  state: Event & Readonly<StateChange>;
  /** Something was refused or ended. `from` is the device whose message caused it, if one did. */
  error: Event & { readonly code: ErrorCode; readonly from?: string };
  /** Keys that the application passed are lost. Pass them again. */
  restarted: Event & { readonly code: "core-restarted" | "worker-restarted" };
  /** A person has devices that this profile never saw; `added` are their ids. */
  "keys-changed": Event & { readonly name: string; readonly added: string[] };
  /** This device, or a member, is in the call twice. One of the two is refused for 30 seconds. */
  "device-twice": Event & { readonly device: string };
  /**
   * For 15 seconds nothing has shown that only members know the key of `from`, so its frames are
   * not opened. If `over` is true, that has ended.
   */
  untrusted: Event & {
    readonly from: string;
    readonly devices: string[];
    readonly over: boolean;
  };
  /** Whether keys are hybrid for this device and all members; `classic` are ids of the others. */
  "post-quantum": Event & { readonly hybrid: boolean; readonly classic: string[] };
}

type Listener<E> = ((event: E) => unknown) | { handleEvent(event: E): unknown } | null;

/** An EventTarget that knows these events. */
export interface TargetOf<Events> extends EventTarget {
  addEventListener<T extends keyof Events & string>(
    type: T,
    listener: Listener<Events[T]>,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: Listener<Event>,
    options?: boolean | AddEventListenerOptions,
  ): void;
  removeEventListener<T extends keyof Events & string>(
    type: T,
    listener: Listener<Events[T]>,
    options?: boolean | EventListenerOptions,
  ): void;
  removeEventListener(
    type: string,
    listener: Listener<Event>,
    options?: boolean | EventListenerOptions,
  ): void;
}
