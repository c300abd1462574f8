/** How a stream fares, told to the page at most twice a second. */

/** @import { State } from "./messages.js" */

/** Says nothing about a stream: browsers deliver some frames twice. */
const HARMLESS = new Set(["duplicate", "too-old"]);
const KEYLESS = new Set(["no-key", "unknown-key", "core-restarted"]);
/** So many frames refused in a row, and a sealed stream is no longer called that. */
const DOUBT = 5;

export class Health {
  state = /** @type {State | ""} */ ("");
  code = "";
  /** Frames were lost for want of a key: once it is there, the decoder needs a key frame. */
  starved = false;
  #refused = 0;
  #told = "";
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  constructor(/** @type {(state: State | "", code: string) => void} */ tell) {
    this.tell = tell;
  }

  good() {
    this.#refused = 0;
    if (this.state !== "sealed") this.#become("sealed", "");
  }

  bad(/** @type {string} */ code) {
    if (HARMLESS.has(code)) return;
    this.starved ||= KEYLESS.has(code);
    if (this.state === "sealed" && ++this.#refused < DOUBT) return;
    const state = KEYLESS.has(code) ? "waiting-for-key" : "failing";
    // The first reason stays: a restart is more telling than the "no-key" that follows it.
    if (this.state !== state) this.#become(state, code);
  }

  /** Not one frame: all of them, from now on. */
  lost(/** @type {string} */ code) {
    this.starved = true;
    this.#become("waiting-for-key", code);
  }

  #become(/** @type {State} */ state, /** @type {string} */ code) {
    Object.assign(this, { state, code });
    this.#timer ??= setTimeout(() => this.#report(), this.#told ? 500 : 0);
  }

  #report() {
    this.#timer = undefined;
    if (this.#told === this.state + this.code) return;
    this.#told = this.state + this.code;
    this.tell(this.state, this.code);
  }
}
