/** Milliseconds between repetitions. After the last one nobody seems to be there. */
const WAITS_MS = [300, 1000, 2000, 4000];

/** Asks for a key frame until one arrives: a request may be lost, or nobody can answer it yet. */
export class KeyFrameRequest {
  /** Whether a key frame is asked for, and has not arrived. */
  pending = false;
  readonly #ask: () => void;
  #timer = 0;

  constructor(ask: () => void) {
    this.#ask = ask;
  }

  begin() {
    this.end();
    this.pending = true;
    this.#repeat(0);
  }

  /** A key frame arrived, or nobody needs one any more. */
  end() {
    this.pending = false;
    clearTimeout(this.#timer);
  }

  #repeat(count: number) {
    this.#ask();
    const wait = WAITS_MS[count];
    if (wait !== undefined) this.#timer = setTimeout(() => this.#repeat(count + 1), wait);
  }
}
