/** One attached sender or receiver: its frames through the core, and what became of them. */
import { codecNumber, codes, heap, isTrap } from "./engine.js";
import { codeOf } from "./errors.js";
import { Health } from "./health.js";
import { Histogram } from "./histogram.js";
import { KeyFrameRequest } from "./key-frames.js";
import { PayloadTypes } from "./payload-types.js";
import { refill } from "./refill.js";

/** @typedef {import("./engine.js").Core} Core @typedef {import("./session.js").Session} Session */
/** @typedef {import("./types.js").Frame} Frame @typedef {import("./types.js").Transformer} Transformer */

/** A clock costs as much as a small frame's cipher: one frame of so many is timed. */
const TIMED = 8;

export class Stream {
  /** The transform in use, after any that it replaced. @type {Transformer | undefined} */
  #transformer;
  /** What the pump counts, for the page's watchdog. @type {import("./types.js").Count} */
  count = { given: 0, passed: 0, bytes: 0 };
  /** What of it the page has heard. */
  #reported = -1;
  /** Whether its sender or receiver is gone. */
  #over = false;
  /** Where frames do not say theirs (Chromium before 127, Safari before 26). @type {string | undefined} */
  #codec;
  #counts = { frames: 0, bytes: 0, overhead: 0, dropped: /** @type {Record<string, number>} */ ({}) };
  #times = new Histogram();
  /** The core that `#number` counts in. @type {Core | undefined} */
  #core;
  #number = 0;
  /** The next frames refer to one that was lost, or that this transform never had, up to a key frame. */
  #gap = false;
  #request = new KeyFrameRequest(() => this.session.core && this.#transformer?.sendKeyFrameRequest?.().catch(() => {}));
  #leaked = false;
  /** Of a sender of sound. */
  types = new PayloadTypes(() => this.session.context.post({ type: "codecs", slot: this.slot }));

  /**
   * @param {number} slot which sender or receiver of the page @param {import("./types.js").Labels} labels
   * @param {Session} session @param {Stream} [before] the stream whose counters it takes over
   */
  constructor(slot, labels, session, before) {
    this.slot = slot;
    this.labels = labels;
    this.session = session;
    this.health = new Health((state, code) => session.context.post({ type: "state", ...labels, state, code }));
    if (before) [this.#counts, this.#times] = [before.#counts, before.#times];
  }

  /** Whether it is of this sender, track, kind and direction. @param {import("./types.js").Labels} other */
  isOf({ direction, kind, sender, track }) {
    const { labels } = this;
    return labels.track === track && labels.sender === sender && labels.kind === kind && labels.direction === direction;
  }

  /** Whether the frame may go on, now sealed or opened. Whatever goes wrong, it may not. */
  process(/** @type {Frame} */ frame) {
    try {
      const { data } = frame;
      const { byteLength: size } = data;
      const { core, gone } = this.session;
      // Firefox starts audio with some 20 of these: nothing to seal, nothing to render.
      if (size === 0 || this.#over) return false;
      if (!core) return this.#drop(gone);
      const codec = this.#codecOf(frame);
      if (codec === undefined) return this.#wait();
      const began = this.#counts.frames % TIMED === 0 ? performance.now() : 0;
      const length = this.#cross(core, frame, data, size, codec);
      if (length <= 0) return this.#drop(codes[-length]);
      if (began) this.#times.add(performance.now() - began);
      if (this.#gap) this.#bridge(frame);
      return this.#pass(size, length);
    } catch (/** @type {any} */ error) {
      if (isTrap(error)) this.session.trapped();
      return this.#drop(isTrap(error) ? "core-restarted" : codeOf(error, "frame-failed"));
    }
  }

  /**
   * @param {boolean} again frames were lost with an earlier worker
   * @param {string | undefined} codec @param {Transformer} transformer
   */
  attached(again, codec, transformer) {
    this.#codec = codec;
    const { direction, kind } = this.labels;
    this.#gap ||= kind === "video" && (again || direction === "open");
    this.#request.end();
    this.#leaked &&= again;
    this.#transformer = transformer;
    this.#join();
  }

  /** Its sender or receiver is gone. */
  leave() {
    this.#over = true;
    this.#transformer = undefined;
    this.#request.end();
    if (this.#core && this.#core === this.session.core) this.#core.release_stream(this.#number);
  }

  /** What the pump counted, if that has changed since it was asked last. */
  takeCount() {
    if (this.count.given === this.#reported) return undefined;
    this.#reported = this.count.given;
    return { ...this.count };
  }

  /** The page stopped this sender, and says so until it is sealed anew. */
  leak() {
    this.#leaked = true;
    this.health.hold("");
    this.health.become("failing", "leak-stopped");
  }

  /** The page found that what passes gets nowhere, or, with an empty code, that it does again. */
  fault(/** @type {string} */ code) {
    if (!this.#leaked) this.health.hold(code);
  }

  /** The key for frames of this stream is here, or has changed; `joined`: for somebody new, too. */
  keyed(joined = false) {
    if (joined || this.health.starved) this.#wantKeyFrame();
    this.health.starved = false;
  }

  stats() {
    const microseconds = { p50: this.#times.quantile(0.5), p99: this.#times.quantile(0.99) };
    return { ...this.labels, state: this.health.state, code: this.health.code, ...this.#counts, microseconds };
  }

  /**
   * One copy in, one out: the result's length, or minus an error number.
   * @param {Core} core @param {Frame} frame @param {ArrayBuffer} data @param {number} size @param {number} codec
   */
  #cross(core, frame, data, size, codec) {
    if (core !== this.#core) this.#enrol(core);
    const at = core.scratch(size);
    heap().set(new Uint8Array(data), at);
    const seals = this.labels.direction === "seal";
    const length = seals ? core.seal(this.#number, codec, size) : core.open(this.#number, codec, size);
    if (length > 0) frame.data = refill(data, heap().subarray(core.start(), core.start() + length));
    return length;
  }

  /** From its first moment the core counts it as a receiver; without a core, from its first frame. */
  #join() {
    const { core } = this.session;
    try { if (core && core !== this.#core) this.#enrol(core); }
    catch (error) { this.health.bad(codeOf(error, "frame-failed")); }
  }

  /** The codec's number, or undefined while it is not known. */
  #codecOf(/** @type {Frame} */ frame) {
    const { direction, kind } = this.labels;
    const { mimeType, payloadType } = frame.getMetadata();
    const named = mimeType && payloadType !== undefined && direction === "seal" && kind === "audio";
    return named ? this.types.codec(mimeType, payloadType) : codecNumber(mimeType || this.#codec);
  }

  #enrol(/** @type {Core} */ core) {
    const { direction, kind, sender, track } = this.labels;
    const [seals, number] = [direction === "seal", kind === "audio" ? 1 : 2];
    this.#number = seals ? core.seal_stream(number, track) : core.open_stream(number, sender, track);
    this.#core = core;
  }

  #bridge(/** @type {Frame} */ { type }) {
    if (type !== "key") return this.#request.made || this.#wantKeyFrame();
    this.#gap = false;
    this.#request.end();
  }

  /** From the sender at the other end, or from our encoder. */
  #wantKeyFrame() {
    const { direction, kind } = this.labels;
    if (kind === "audio") return;
    this.#gap = direction === "open";
    this.#gap ? this.#request.begin() : this.#makeKeyFrame();
  }

  /** Chromium (156) lets only the page tell its encoder. Who receives asks too: once is enough. */
  #makeKeyFrame() {
    const made = this.#transformer?.generateKeyFrame?.();
    made?.catch(() => {});
    if (!made) this.session.context.post({ type: "key-frame", slot: this.slot });
  }

  #pass(/** @type {number} */ before, /** @type {number} */ after) {
    this.#counts.frames++;
    this.count.bytes += after;
    this.#counts.bytes += Math.min(before, after);
    this.#counts.overhead += Math.abs(after - before);
    if (!this.#leaked) this.health.good();
    return true;
  }

  /** For the page's word on a payload type: milliseconds, so the state changes only where it does not come. */
  #wait() {
    const code = "unknown-payload-type";
    if (this.types.late) return this.#drop(code);
    this.#count(code);
    return false;
  }

  #drop(/** @type {string} */ code) {
    this.#count(code);
    if (!this.#leaked) this.health.bad(code);
    return false;
  }

  #count(/** @type {string} */ code) {
    this.#counts.dropped[code] = (this.#counts.dropped[code] ?? 0) + 1;
  }
}
