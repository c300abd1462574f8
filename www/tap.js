/** The page's end of the tap: what it asks for, what it is told. */

/**
 * Events: "tick" (twenty a second, in hidden tabs too), "frame" (`detail`: a sample of the wire)
 * and "times" (`detail`: microseconds per video frame, once a second).
 */
export class Tap extends EventTarget {
  /** Another tab's tap must not be heard here, so each has a name of its own. */
  #name = `?${crypto.getRandomValues(new Uint32Array(4)).join("-")}`;
  #channel = new BroadcastChannel(this.#name);
  #wanted = { flip: false, everyFrame: false };

  constructor() {
    super();
    this.#channel.onmessage = ({ data }) => this.dispatchEvent(new CustomEvent(data.type, { detail: data }));
  }

  /** For `Sealframe.start()`. */
  get workerUrl() {
    return new URL(`tap-worker.js${this.#name}`, import.meta.url);
  }

  /** Flip one bit in each frame that arrives, before the core sees it. @param {boolean} on */
  set flip(on) {
    this.#want({ flip: on });
  }

  /** Every frame of the other side's video instead of a few a second. @param {boolean} on */
  set everyFrame(on) {
    this.#want({ everyFrame: on });
  }

  /** A decoder that starts in mid-stream needs a key frame first. */
  requestKeyFrame() {
    this.#channel.postMessage({ type: "key-frame" });
  }

  #want(change) {
    Object.assign(this.#wanted, change);
    this.#channel.postMessage({ type: "want", wanted: this.#wanted });
  }
}
