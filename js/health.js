/** How a stream fares, told to the page at most twice a second. @typedef {import("./types.js").State} State */

/** Says nothing about a stream: browsers deliver some frames twice. */
const HARMLESS = new Set(["duplicate", "too-old"]);
const KEYLESS = new Set(["no-key", "unknown-key", "core-restarted"]);
/** @type {(code: string) => State} */
const stateOf = (code) => (code === "not-sealed" ? code : KEYLESS.has(code) ? "waiting-for-key" : "failing");

export class Health {
  state = /** @type {State | ""} */ ("");
  code = "";
  /** Frames were lost, for want of the right key perhaps: once it comes, the decoder needs a key frame. */
  starved = false;
  #refused = 0;
  #told = "";
  #timer = 0;

  constructor(/** @type {(state: State | "", code: string) => void} */ tell) {
    this.tell = tell;
  }

  good() {
    this.#refused = 0;
    if (this.state !== "sealed") this.become("sealed", "");
  }

  bad(/** @type {string} */ code) {
    if (HARMLESS.has(code)) return;
    this.starved = true;
    if (this.state === "sealed" && ++this.#refused < 5) return; // one forged frame changes nothing
    const state = stateOf(code);
    // The first reason stays: a restart says more than the "no-key" that follows it.
    if (this.state !== state) this.become(state, code);
  }

  become(/** @type {State} */ state, /** @type {string} */ code) {
    Object.assign(this, { state, code });
    this.#timer ||= setTimeout(() => this.#report(), this.#told ? 500 : 0);
  }

  #report() {
    this.#timer = 0;
    if (this.#told !== this.state + this.code) this.tell(this.state, this.code);
    this.#told = this.state + this.code;
  }
}
