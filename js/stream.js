/** One track in one direction: its frames through the core, and what became of them. */
import { codecNumber, codes, heap, isTrap } from "./engine.js";
import { Health } from "./health.js";
import { Histogram } from "./histogram.js";

/** @import { Core, Session } from "./session.js" @import { Frame, Transformer } from "./pump.js" */

export class Stream {
  /** The transform in use, after any that it replaced. @type {Transformer | undefined} */
  transformer;
  #counts = { frames: 0, bytes: 0, overhead: 0 };
  #dropped = /** @type {Record<string, number>} */ ({});
  #times = new Histogram();
  /** The core that `#number` counts in. @type {Core | undefined} */
  #core;
  #number = 0;

  constructor(/** @type {import("./messages.js").Labels} */ labels, /** @type {Session} */ session) {
    this.labels = labels;
    this.session = session;
    this.health = new Health((state, code) => session.post({ type: "state", ...labels, state, code }));
  }

  /** Whether the frame may go on, now sealed or opened. Whatever goes wrong, it may not. */
  process(/** @type {Frame} */ frame) {
    try {
      const { data } = frame;
      const { core, gone } = this.session;
      // Firefox starts audio with some 20 of these: nothing to seal, nothing to render.
      if (data.byteLength === 0) return false;
      if (!core) return this.#drop(gone);
      const began = performance.now();
      const length = this.#cross(core, frame, data);
      if (length <= 0) return this.#drop(codes[-length]);
      return this.#pass(data.byteLength, length, performance.now() - began);
    } catch (/** @type {any} */ error) {
      if (isTrap(error)) this.session.trapped();
      return this.#drop(isTrap(error) ? "core-restarted" : (error?.code ?? "frame-failed"));
    }
  }

  stats() {
    const { state, code } = this.health;
    const microseconds = { p50: this.#times.quantile(0.5), p99: this.#times.quantile(0.99) };
    return { ...this.labels, state, code, ...this.#counts, dropped: this.#dropped, microseconds };
  }

  /** One copy in, one slice out: the result's length, or minus an error number. */
  #cross(/** @type {Core} */ core, /** @type {Frame} */ frame, /** @type {ArrayBuffer} */ data) {
    if (core !== this.#core) this.#enrol(core);
    const codec = codecNumber(frame.getMetadata().mimeType);
    const size = data.byteLength;
    const at = core.scratch(size);
    heap().set(new Uint8Array(data), at);
    const seals = this.labels.direction === "seal";
    const length = seals ? core.seal(this.#number, codec, size) : core.open(this.#number, codec, size);
    if (length > 0) frame.data = heap().buffer.slice(core.start(), core.start() + length);
    return length;
  }

  #enrol(/** @type {Core} */ core) {
    const { direction, kind, sender, track } = this.labels;
    const number = kind === "audio" ? 1 : 2;
    const seals = direction === "seal";
    this.#number = seals ? core.seal_stream(number, track) : core.open_stream(number, sender, track);
    this.#core = core;
  }

  #pass(/** @type {number} */ before, /** @type {number} */ after, /** @type {number} */ milliseconds) {
    this.#counts.frames++;
    this.#counts.bytes += Math.min(before, after);
    this.#counts.overhead += Math.abs(after - before);
    this.#times.add(milliseconds);
    this.health.good();
    return true;
  }

  #drop(/** @type {string} */ code) {
    this.#dropped[code] = (this.#dropped[code] ?? 0) + 1;
    this.health.bad(code);
    return false;
  }
}
