/** The public class `Call` of Node. */
import { keyFields, named, object, rosterFields } from "../page/arguments.js";
import type { Keys, Person } from "../page/options.js";
import { SealframeError } from "../shared/errors.js";
import type { KeyEvents, TargetOf } from "../shared/events.js";
import { outgoing, transformOptions } from "../shared/messages.js";
import type { Bundle, Bytes, Stats } from "../shared/types.js";
import type { Answer, CallRequestType, Fields, News, TransformOptions } from "../shared/wire.js";
import { type OpenTrackOptions, type Passes, type SealTrackOptions, Track } from "./track.js";

/** The call of js/worker, which runs in this thread here. */
interface CallInWorker {
  bind(options: TransformOptions, source: object): Passes;
  left(fields: Fields<"left">): void;
  close(): void;
}

/** All calls of a process have numbers of their own in a browser. Here each call is by itself. */
const ONLY = 0;
/** The last attachment id of this process. */
let lastAttachmentId = 0;

/** One call. `KeyEvents` lists its events. */
export class Call extends (EventTarget as new () => TargetOf<KeyEvents>) {
  static {
    named(this, "Call");
  }

  readonly id: string;
  /** The id or name that others open this side's tracks with. */
  readonly self: string;
  /** Whether `close()` was called. */
  closed = false;
  readonly #worker: CallInWorker;
  readonly #forget: () => void;

  /** @internal */
  constructor(id: string, self: string, worker: CallInWorker, forget: () => void) {
    super();
    this.id = id;
    this.self = self;
    this.#worker = worker;
    this.#forget = forget;
  }

  /** Seals the frames of a track of ours. */
  seal(options: SealTrackOptions): Track {
    return this.#track({ ...object(options, "options"), direction: "seal", from: this.self });
  }

  /** Opens the frames of a track of another side. */
  open(options: OpenTrackOptions): Track {
    return this.#track({ ...object(options, "options"), direction: "open" });
  }

  /** As in a browser. */
  async setMembers(members: (Bundle | Uint8Array | Person)[]): Promise<void> {
    const { places, ...fields } = rosterFields(members);
    const refused = await this.#ask("members", fields);
    if (refused)
      throw Object.assign(new SealframeError(refused.code), { index: places[refused.index] });
  }

  /** As in a browser. */
  async setKeys(keys: Keys): Promise<void> {
    await this.#ask("keys", keyFields(keys));
  }

  /** As in a browser. */
  async sealData(bytes: Uint8Array, options: { to?: string } = {}): Promise<Bytes> {
    return this.#ask("sealData", { bytes, to: object(options, "options").to });
  }

  /** As in a browser. */
  async openData(bytes: Uint8Array, from: string): Promise<Bytes> {
    return this.#ask("openData", { bytes, from });
  }

  /** As in a browser. */
  async receive(bytes: Uint8Array, from?: string): Promise<void> {
    await this.#ask("receive", { bytes, from });
  }

  /** As in a browser. */
  async rotate(): Promise<void> {
    await this.#ask("rotate", {});
  }

  /** As in a browser. */
  async reconnected(): Promise<void> {
    await this.#ask("reconnected", {});
  }

  /** As in a browser. */
  async stats(): Promise<Stats> {
    return this.#ask("stats", {});
  }

  /** Wipes the keys. Tracks pass nothing from now on. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.#worker.close();
    this.#forget();
  }

  /** @internal */
  hear(news: News) {
    if (news.type === "key-frame" || news.type === "codecs") return;
    const { type, ...fields } = news;
    this.dispatchEvent(Object.assign(new Event(type), fields));
  }

  #track({
    from: sender,
    track = "",
    codec,
    onkeyframe,
    ...options
  }: OpenTrackOptions & { direction: "seal" | "open" }): Track {
    if (this.closed) throw new SealframeError("call-closed");
    const attachmentId = ++lastAttachmentId;
    const fields = { call: ONLY, attachmentId, again: false, sender, track };
    const checked = transformOptions({ ...options, ...fields, codec });
    if (!codec) throw new SealframeError("bad-argument", "codec");
    const wanted = async () => onkeyframe?.();
    const source = { sendKeyFrameRequest: wanted, generateKeyFrame: wanted };
    const stream = this.#worker.bind(checked, source);
    return new Track(stream, codec, () => this.#worker.left({ call: ONLY, attachmentId }));
  }

  /** Checks and copies the fields as between a page and its worker. */
  async #ask<T extends CallRequestType>(
    type: T,
    fields: Omit<Fields<T>, "call">,
  ): Promise<Answer<T>> {
    if (this.closed) throw new SealframeError("call-closed");
    const checked = outgoing({ ...fields, type, call: ONLY });
    const handlers = this.#worker as unknown as Record<T, (fields: unknown) => Answer<T>>;
    return handlers[type](checked);
  }
}
