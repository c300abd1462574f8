/** What passes between this page and the network, as a server has it, and what a server could do to it. */
import { Tap } from "/harness/page/tap.js";
import { dissect } from "/harness/page/sframe-header.js";
import { showKid } from "./words.js";

/**
 * Events: "tick", "times" (`detail`: microseconds per frame), "frame" (`detail`: a sample and how it
 * is cut) and "key" (`detail`: a sender and the id of the key that its frames carry from now on).
 */
export class Wire extends EventTarget {
  tap = new Tap(undefined, { show: "yes" });
  #wishes = { flip: false, lose: false, swap: [], watch: [], every: [] };
  /** What each part of the page wants samples of. @type {Map<string, { watch?: string[], every?: string[] }>} */
  #watchers = new Map();
  /** The id of the key that each sender seals with. @type {Map<string, string>} */
  #keys = new Map();

  constructor() {
    super();
    for (const type of ["tick", "times"])
      this.tap.addEventListener(type, ({ detail }) => this.#tell(type, detail));
    this.tap.addEventListener("frame", ({ detail }) => this.#see(detail));
  }

  /**
   * Changes what the worker in front of the core does from the next frame on.
   * @param {Partial<import("/harness/page/tap-display.js").Wishes>} wishes
   * @returns {Promise<{ lost: number }>} frames taken away so far
   */
  wish(wishes) {
    Object.assign(this.#wishes, wishes);
    return this.#ask("wish", { wishes: this.#wishes });
  }

  /**
   * Samples streams: some frames of those in `watch`, all of those in `every`. A stream is a sender
   * and a track with a blank between them.
   * @param {string} who a part of the page, which replaces what it wanted before
   * @param {{ watch?: string[], every?: string[] }} wanted
   */
  sample(who, wanted) {
    this.#watchers.set(who, wanted);
    const all = (field) => [...this.#watchers.values()].flatMap((one) => one[field] ?? []);
    // A worker that takes over meanwhile is told by `renew`.
    return this.wish({ watch: all("watch"), every: all("every") }).catch(() => {});
  }

  /**
   * Records the next frames of a sender's picture, as they arrive.
   * @returns {Promise<Uint8Array[]>}
   */
  async record(sender, count) {
    const frames = [];
    const all = Promise.withResolvers();
    const take = ({ detail }) => {
      if (detail.sender !== sender || detail.track !== "camera") return;
      frames.push(detail.bytes);
      if (frames.length === count) all.resolve();
    };
    this.addEventListener("frame", take);
    await this.sample("recorder", { every: [`${sender} camera`] });
    await all.promise;
    this.removeEventListener("frame", take);
    await this.sample("recorder", {});
    return frames;
  }

  /** Another worker took over: it starts without wishes. */
  renew() {
    this.#tell("renewed");
    return this.wish({});
  }

  /** Asks the others for pictures that a decoder can begin with. */
  requestKeyFrames() {
    this.tap.tell("key-frame");
  }

  /** Ends the worker with an error. It will be replaced. */
  kill() {
    this.tap.tell("throw");
  }

  /** Gives recorded frames of a sender's picture to the core. @returns how many were given and opened */
  replay(sender, wires) {
    return this.#ask("replay", { sender, wires });
  }

  /** @param {string} sender */
  keyOf(sender) {
    return this.#keys.get(sender) ?? "–";
  }

  /** Another start of this sender is no change of its key. */
  forget(sender) {
    this.#keys.delete(sender);
  }

  /** A worker that is replaced answers no more. */
  async #ask(question, fields) {
    const over = new AbortController();
    const gone = new Promise((_, failed) => {
      const fail = () => failed(new DOMException("the worker was replaced", "AbortError"));
      this.addEventListener("renewed", fail, { signal: over.signal });
    });
    try {
      return await Promise.race([this.tap.ask(question, fields), gone]);
    } finally {
      over.abort();
    }
  }

  #see(sample) {
    const bytes = new Uint8Array(sample.bytes);
    const cut = dissect(bytes, sample.mime);
    this.#noteKey(sample, cut);
    this.#tell("frame", { ...sample, bytes, cut });
  }

  /** A frame that was tampered with may seem to carry any key: its header says nothing. */
  #noteKey({ sender, flipped }, { kid }) {
    if (kid === undefined || flipped || this.#wishes.swap.includes(sender)) return;
    const key = showKid(kid);
    const before = this.#keys.get(sender);
    this.#keys.set(sender, key);
    if (before && before !== key) this.#tell("key", { sender, key });
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
