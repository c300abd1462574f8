/** The public class `Call`. */
import type { ErrorCode } from "../shared/codes.js";
import { codeOf, SealframeError } from "../shared/errors.js";
import type { Bundle, Bytes, Stats } from "../shared/types.js";
import type { Answer, CallRequestType, Fields } from "../shared/wire.js";
import { keyFields, named, object, rosterFields } from "./arguments.js";
import type { CallState } from "./call-state.js";
import type { CallTarget } from "./events.js";
import { normalize } from "./load.js";
import type { Keys, OpenOptions, Person, SealOptions } from "./options.js";
import { isReceiver, isSender } from "./protect.js";

/** Codes of a worker that does not have the call. */
const GONE = new Set<ErrorCode>(["call-closed", "worker-restarted"]);

/** At most this many bytes are in a message between devices that are in no group. */
const MAX_KEY_MESSAGE_BYTES = 65_536;

/** One call. `CallEvents` lists its events. */
export class Call extends (EventTarget as new () => CallTarget) {
  static {
    named(this, "Call");
  }

  readonly id: string;
  /** The id or name that others open this side's tracks with. */
  readonly self: string;
  /** Whether `close()` was called. */
  closed: boolean;
  readonly #state: CallState;

  /** @internal */
  constructor(state: CallState, self: string) {
    super();
    this.#state = state;
    state.onevent = (event) => this.dispatchEvent(event);
    this.id = state.joined.callId;
    this.self = self;
    this.closed = false;
  }

  /** For `new RTCPeerConnection()`: with it Chromium passes no frame without a transform. */
  configuration(configuration: RTCConfiguration = {}) {
    return { ...object(configuration, "configuration"), encodedInsertableStreams: true };
  }

  /**
   * From here on this sender sends sealed frames or nothing. If this throws, the sender has no
   * track, and accepts none until a later call succeeds.
   */
  seal(sender: RTCRtpSender, options: SealOptions = {}): void {
    if (!isSender(sender)) throw new SealframeError("bad-argument", "sender");
    this.#state.attach(sender, () => ({
      ...object(options, "options"),
      direction: "seal",
      kind: sender.track?.kind ?? (sender.dtmf ? "audio" : "video"),
      from: this.self,
    }));
  }

  /**
   * From here on this receiver renders genuine frames of that sender and track, or nothing. If this
   * throws, it renders nothing.
   */
  open(receiver: RTCRtpReceiver, options: OpenOptions): void {
    if (!isReceiver(receiver)) throw new SealframeError("bad-argument", "receiver");
    const { kind } = receiver.track;
    this.#state.attach(receiver, () => ({
      ...object(options, "options"),
      direction: "open",
      kind,
    }));
  }

  /**
   * States the roster: only these devices get this side's keys. If one is refused, nobody is added,
   * and members that are no longer named are removed. The error has the place of the refused entry
   * in `members` as `index`.
   */
  async setMembers(members: (Bundle | Uint8Array | Person)[]): Promise<void> {
    const { places, ...fields } = rosterFields(members);
    const refused = await this.#ask("members", fields);
    if (refused)
      throw Object.assign(new SealframeError(refused.code), { index: places[refused.index] });
  }

  /** Sets keys of the application's own exchange, instead of `setMembers()`. */
  async setKeys(keys: Keys): Promise<void> {
    await this.#ask("keys", keyFields(keys));
  }

  /** Sets a secret that all sides know, instead of both. Takes about a second. */
  async setPassphrase(passphrase: string): Promise<void> {
    await this.#ask("passphrase", { passphrase: normalize(passphrase) });
  }

  /** Seals a message of any kind, at most 16 MiB, for everyone or for the member `to`. */
  async sealData(bytes: Uint8Array, options: { to?: string } = {}): Promise<Bytes> {
    return this.#ask("sealData", { bytes, to: object(options, "options").to });
  }

  /** Opens such a message of `from`, once. Throws if it is not genuine, or was opened before. */
  async openData(bytes: Uint8Array, from: string): Promise<Bytes> {
    return this.#ask("openData", { bytes, from });
  }

  /** Takes the bytes of a "message" event elsewhere; `from` is that device, if it is known. */
  async receive(bytes: Uint8Array, from?: string): Promise<void> {
    const isLong = bytes?.length > MAX_KEY_MESSAGE_BYTES;
    if (isLong && !this.#state.joined.group) throw new SealframeError("bad-argument", "bytes");
    await this.#ask("receive", { bytes, from });
  }

  /** Makes a new random key for what this side sends. */
  async rotate(): Promise<void> {
    await this.#ask("rotate", {});
  }

  /** The signaling connection is back: messages that wait for a repetition are repeated now. */
  async reconnected(): Promise<void> {
    await this.#ask("reconnected", {});
  }

  async stats(): Promise<Stats> {
    const stats = await this.#ask("stats", {});
    return { ...stats, restarts: stats.restarts + this.#state.restarts };
  }

  /** Wipes the keys. Senders stay protected: they send nothing from now on. */
  async close(): Promise<void> {
    if (this.closed) return;
    const state = this.#state;
    const closed = state.broken ? undefined : this.#ask("close", {});
    this.closed = state.closedByUser = true;
    state.forget();
    // A worker that ended took the keys with it, and the next one does not know this call.
    await closed?.catch((error) => {
      if (!state.broken && !GONE.has(codeOf(error))) throw error;
    });
  }

  #ask<T extends CallRequestType>(type: T, fields: Omit<Fields<T>, "call">): Promise<Answer<T>> {
    if (this.closed) throw new SealframeError("call-closed");
    return this.#state.ask(type, fields);
  }
}
