/** Asks for a key frame until one has come: a request may be lost, or come when nobody can answer it. */

/** Milliseconds until it is repeated; once the last of them is over nobody seems to be there. */
const WAITS = [300, 1000, 2000, 4000];

export class KeyFrameRequest {
  /** Whether it was made since the last key frame. */
  made = false;
  #timer = 0;

  constructor(/** @type {() => void} */ ask) {
    this.ask = ask;
  }

  begin() {
    this.end();
    this.made = true;
    this.#repeat(0);
  }

  /** A key frame is here, or nobody wants one any more. */
  end() {
    this.made = false;
    clearTimeout(this.#timer);
  }

  #repeat(/** @type {number} */ count) {
    this.ask();
    if (count < WAITS.length) this.#timer = setTimeout(() => this.#repeat(count + 1), WAITS[count]);
  }
}
