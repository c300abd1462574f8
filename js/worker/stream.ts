/** The stream of one attached sender or receiver: passes its frames through the core. */
import type { FaultCode, StopCode, StreamCode } from "../shared/codes.js";
import { codeOf } from "../shared/errors.js";
import type { Labels, State, StreamStats } from "../shared/types.js";
import type { Count, Post } from "../shared/wire.js";
import { replaceBuffer } from "./buffers.js";
import { type CallCore, restartCores } from "./call-core.js";
import { type Core, codecNumber, codes, heap, isTrap } from "./core.js";
import { EarlyFrames } from "./early-frames.js";
import { Histogram } from "./histogram.js";
import { KeyFrameRequest } from "./key-frames.js";
import { PayloadTypes } from "./payload-types.js";
import type { Emit } from "./pump.js";
import { primaryBlock } from "./red.js";
import { StreamState } from "./stream-state.js";
import type { Frame, KeyFrameSource } from "./transformer.js";

/** One frame in 8 is timed, because reading the clock costs as much as encrypting a small frame. */
const TIMED = 8;
/** The core's numbers for kinds of media. */
const KINDS = { audio: 1, video: 2 };
const [OPUS, RED] = ["audio/opus", "audio/red"] as const;

export class Stream {
  /** Counts of the pump, for the page's watchdog. */
  readonly count: Count = { received: 0, forwarded: 0, bytes: 0 };
  readonly state: StreamState;
  /** The codecs of a sound sender's payload types. */
  readonly types: PayloadTypes;
  readonly labels: Labels;
  readonly #attachmentId: number;
  readonly #call: CallCore;
  readonly #post: Post;
  /** The present transform, after those that it replaced. */
  #transformer: KeyFrameSource | undefined;
  /** `count.received` of the last report. */
  #lastReported = -1;
  /** Whether the sender or receiver is gone. */
  #over = false;
  /** The media type of frames that do not name theirs (Chromium before 127, Safari before 26). */
  #codec: string | undefined;
  /** The media type of the last frame. */
  #mimeType = "";
  #counts = { frames: 0, bytes: 0, overhead: 0, dropped: {} as StreamStats["dropped"] };
  #times = new Histogram();
  readonly #early = new EarlyFrames(() => performance.now());
  /** The core in which this stream has `#number`. */
  #core: Core | undefined;
  #number = 0;
  /**
   * Whether a frame was lost or never came here, and no key frame has come since. Until then frames
   * may refer to the missing one.
   */
  #gap = false;
  readonly #request = new KeyFrameRequest(
    () => this.#call.core && this.#transformer?.sendKeyFrameRequest?.().catch(() => {}),
  );
  /** Whether the page stopped this sender. */
  #stopped = false;

  /** `before` is a stream that ended. This one goes on with its counters. */
  constructor(attachmentId: number, labels: Labels, call: CallCore, post: Post, before?: Stream) {
    this.#attachmentId = attachmentId;
    this.labels = labels;
    this.#call = call;
    this.#post = post;
    const report = (state: State, code: StreamCode | "") =>
      post({ type: "state", attachmentId, ...labels, state, code });
    this.state = new StreamState(report, () => performance.now());
    this.types = new PayloadTypes(() => post({ type: "codecs", attachmentId }));
    if (!before) return;
    this.#counts = before.#counts;
    this.#times = before.#times;
  }

  /** Whether the stream has these labels. */
  isOf({ direction, kind, sender, track }: Labels): boolean {
    const { labels } = this;
    return (
      labels.track === track &&
      labels.sender === sender &&
      labels.kind === kind &&
      labels.direction === direction
    );
  }

  /**
   * Seals or opens the frame, and returns whether it may go on. After any fault it may not. `emit`
   * passes on a frame that could not be opened at once.
   */
  process(frame: Frame, emit?: Emit): boolean {
    try {
      const { data } = frame;
      const { byteLength: size } = data;
      const { core, closedCode } = this.#call;
      // Firefox starts audio with some 20 empty frames: nothing to seal, nothing to render.
      if (size === 0 || this.#over) return false;
      if (!core) return this.#drop(closedCode);
      const codec = this.#codecOf(frame);
      if (codec === undefined) return this.#wait();
      const began = this.#counts.frames % TIMED === 0 ? performance.now() : 0;
      const length = this.#sealOrOpen(core, frame, data, size, codec);
      if (length <= 0) return this.#refuse(codes[-length] as StreamCode, frame, emit);
      if (began) this.#times.add(performance.now() - began);
      if (this.#gap) this.#trackGap(frame);
      return this.#pass(size, length);
    } catch (error) {
      if (isTrap(error)) restartCores();
      return this.#drop(isTrap(error) ? "core-restarted" : codeOf(error, "frame-failed"));
    }
  }

  /** A transform is attached. `again` says that frames were lost with an earlier worker. */
  attach(transformer: KeyFrameSource, again: boolean, codec: string | undefined) {
    this.#codec = codec;
    const { direction, kind } = this.labels;
    this.#gap ||= kind === "video" && (again || direction === "open");
    this.#request.end();
    this.#stopped &&= again;
    this.#transformer = transformer;
    this.#join();
  }

  /** The sender or receiver is gone. */
  leave() {
    this.#over = true;
    this.#early.take();
    this.#transformer = undefined;
    this.#request.end();
    if (this.#core && this.#core === this.#call.core) this.#core.release_stream(this.#number);
  }

  /** The counts of the pump, if they have changed since the last call. */
  takeCount(): Count | undefined {
    if (this.count.received === this.#lastReported) return undefined;
    this.#lastReported = this.count.received;
    return { ...this.count };
  }

  /** The page stopped this sender. The state stays until the sender is sealed again. */
  stop(code: StopCode) {
    this.#stopped = true;
    this.state.setFault("");
    this.state.become("failing", code);
  }

  /**
   * The page found that frames are not sent after they left the worker. An empty code says that
   * they are sent again.
   */
  fault(code: FaultCode | "") {
    if (!this.#stopped) this.state.setFault(code);
  }

  /**
   * The key of this stream arrived or changed. `joined` says that a new member needs a key frame.
   */
  keyed(joined = false) {
    const { fresh, late } = this.#early.take();
    for (let i = 0; i < late; i++) this.#drop("unknown-key");
    for (const { frame, emit } of fresh) if (this.process(frame, emit)) emit(frame);
    if (joined || this.state.missedFrames) this.#wantKeyFrame();
    this.state.missedFrames = false;
  }

  stats(): StreamStats {
    const microseconds = { p50: this.#times.quantile(0.5), p99: this.#times.quantile(0.99) };
    const { state, code } = this.state;
    return { ...this.labels, codec: this.#mimeType, state, code, ...this.#counts, microseconds };
  }

  /**
   * Copies the frame into the core, and the result out. Returns the result's length, or minus an
   * error number.
   */
  #sealOrOpen(core: Core, frame: Frame, data: ArrayBuffer, size: number, codec: number): number {
    if (core !== this.#core) this.#bindToCore(core);
    const at = core.scratch(size);
    heap().set(new Uint8Array(data), at);
    const seals = this.labels.direction === "seal";
    const length = seals
      ? core.seal(this.#number, codec, size)
      : core.open(this.#number, codec, size);
    if (length > 0)
      frame.data = replaceBuffer(data, heap().subarray(core.start(), core.start() + length));
    else if (!seals && codec === codecNumber(RED))
      return this.#openPrimary(core, frame, new Uint8Array(data)) || length;
    return length;
  }

  /**
   * A server may make RED of sealed Opus. Opens the primary block, which becomes the only one, and
   * returns the result's length, or 0. The block's payload type must be Opus at this receiver:
   * otherwise a server could choose the decoder.
   */
  #openPrimary(core: Core, frame: Frame, payload: Uint8Array): number {
    const block = primaryBlock(payload);
    const opus = codecNumber(OPUS);
    if (!block || this.types.codec(OPUS, block.type) !== opus) return 0;
    const sealed = payload.subarray(block.start);
    const at = core.scratch(sealed.length);
    heap().set(sealed, at);
    const length = core.open(this.#number, opus, sealed.length);
    if (length <= 0) return 0;
    const opened = new Uint8Array(1 + length);
    opened[0] = block.type;
    opened.set(heap().subarray(core.start(), core.start() + length), 1);
    frame.data = opened.buffer;
    return opened.length;
  }

  /**
   * Makes this stream in the core at once, because a receiver opens nothing that others opened
   * before it was made. If there is no core yet, the first frame makes the stream.
   */
  #join() {
    const { core } = this.#call;
    try {
      if (core && core !== this.#core) this.#bindToCore(core);
    } catch (error) {
      this.state.drop(codeOf(error, "frame-failed"));
    }
  }

  /** The codec's number, or undefined until it is known. */
  #codecOf(frame: Frame): number | undefined {
    const { direction, kind } = this.labels;
    const { mimeType, payloadType } = frame.getMetadata();
    this.#mimeType = mimeType || this.#codec || "";
    const named = mimeType && payloadType !== undefined && direction === "seal" && kind === "audio";
    return named ? this.types.codec(mimeType, payloadType) : codecNumber(this.#mimeType);
  }

  /** Makes this stream in the core. */
  #bindToCore(core: Core) {
    const { direction, kind, sender, track } = this.labels;
    this.#number =
      direction === "seal"
        ? core.seal_stream(KINDS[kind], track)
        : core.open_stream(KINDS[kind], sender, track);
    this.#core = core;
  }

  /** A key frame ends a gap. For any other frame a key frame is asked for. */
  #trackGap({ type }: Frame) {
    if (type !== "key") return this.#request.pending || this.#wantKeyFrame();
    this.#gap = false;
    this.#request.end();
  }

  /** Asks for a key frame: the sender at the other end, or our encoder. */
  #wantKeyFrame() {
    const { direction, kind } = this.labels;
    if (kind === "audio") return;
    this.#gap = direction === "open";
    if (this.#gap) this.#request.begin();
    else this.#makeKeyFrame();
  }

  /**
   * In Chromium 156 only the page can ask the encoder. Receivers also ask for key frames, so asking
   * once is enough.
   */
  #makeKeyFrame() {
    const made = this.#transformer?.generateKeyFrame?.();
    made?.catch(() => {});
    if (!made) this.#post({ type: "key-frame", attachmentId: this.#attachmentId });
  }

  #pass(before: number, after: number): boolean {
    this.#counts.frames++;
    this.count.bytes += after;
    this.#counts.bytes += Math.min(before, after);
    this.#counts.overhead += Math.abs(after - before);
    if (!this.#stopped) this.state.accept();
    return true;
  }

  /** Waits for the page's answer on a payload type. If none comes, the state changes. */
  #wait(): boolean {
    const code = "unknown-payload-type";
    if (this.types.late) return this.#drop(code);
    this.#countDrop(code);
    return false;
  }

  /** Frames of the next epoch may be here before the epoch: they wait for it. */
  #refuse(code: StreamCode, frame: Frame, emit: Emit | undefined): boolean {
    const waits = code === "unknown-key" && this.#call.hasGroup;
    const surplus = waits && emit ? this.#early.hold({ frame, emit }) : 1;
    for (let i = 0; i < surplus; i++) this.#drop(code);
    return false;
  }

  #drop(code: StreamCode): boolean {
    this.#countDrop(code);
    if (!this.#stopped) this.state.drop(code);
    return false;
  }

  #countDrop(code: StreamCode) {
    this.#counts.dropped[code] = (this.#counts.dropped[code] ?? 0) + 1;
  }
}
