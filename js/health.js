/** How a stream fares, told to the page at most twice a second. @typedef {import("./types.js").State} State */

/** Says nothing about a stream: browsers deliver some frames twice. But for so many in a row, nothing else comes. */
const HARMLESS = new Set(["duplicate", "too-old"]);
const REPEATS = 100;
const KEYLESS = new Set(["no-key", "unknown-key", "core-restarted"]);
/** @type {(code: string) => State} */
const stateOf = (code) => (code === "not-sealed" ? code : KEYLESS.has(code) ? "waiting-for-key" : "failing");

export class Health {
  #state = /** @type {State | ""} */ ("");
  #code = "";
  /** What the page found, which frames cannot tell. */
  #held = "";
  /** Frames were lost, for want of the right key perhaps: once it comes, the decoder needs a key frame. */
  starved = false;
  #refused = 0;
  #repeats = 0;
  #told = "";
  #timer = 0;

  constructor(/** @type {(state: State | "", code: string) => void} */ tell) {
    this.tell = tell;
  }

  get state() { return this.#held ? "failing" : this.#state; }
  get code() { return this.#held || this.#code; }

  good() {
    this.#refused = this.#repeats = 0;
    if (this.#state !== "sealed") this.become("sealed", "");
  }

  bad(/** @type {string} */ code) {
    if (HARMLESS.has(code)) return this.#repeated();
    this.starved = true;
    if (this.#state === "sealed" && ++this.#refused < 5) return; // one forged frame changes nothing
    const state = stateOf(code);
    // The first reason stays: a restart says more than the "no-key" that follows it.
    if (this.#state !== state) this.become(state, code);
  }

  /** Failing with this code, whatever becomes of frames, until it is empty again. */
  hold(/** @type {string} */ code) {
    this.#held = code;
    this.#tell();
  }

  become(/** @type {State} */ state, /** @type {string} */ code) {
    [this.#state, this.#code] = [state, code];
    this.#tell();
  }

  #repeated() {
    if (++this.#repeats === REPEATS) this.become("failing", "only-duplicates");
  }

  #tell() {
    this.#timer ||= setTimeout(() => this.#report(), this.#told ? 500 : 0);
  }

  #report() {
    this.#timer = 0;
    const { state, code } = this;
    if (state && this.#told !== state + code) this.tell(state, code);
    this.#told = state + code;
  }
}
