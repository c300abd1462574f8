/** Frames of an MLS group's next epoch that come before the epoch. They wait briefly for it. */
import type { Emit } from "./pump.js";
import type { Frame } from "./transformer.js";

/** At most this many frames of a stream wait. */
const MAX_FRAMES = 64;
/** A frame waits for at most this many milliseconds. */
const MAX_WAIT_MS = 300;

/** A frame, and the way to pass it on. */
interface Early {
  frame: Frame;
  emit: Emit;
}

export class EarlyFrames {
  readonly #now: () => number;
  /** The oldest first. */
  #held: (Early & { at: number })[] = [];

  /** `now` returns milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Holds a frame. Returns how many others have waited for too long, or have no room any more. */
  hold(early: Early): number {
    const now = this.#now();
    this.#held.push({ ...early, at: now });
    const isOver = ({ at }: { at: number }, i: number) =>
      now - at > MAX_WAIT_MS || this.#held.length - i > MAX_FRAMES;
    const kept = this.#held.findIndex((held, i) => !isOver(held, i));
    return this.#held.splice(0, kept).length;
  }

  /** Takes out all frames, the oldest first. Returns those that may still be passed on. */
  take(): { fresh: Early[]; late: number } {
    const now = this.#now();
    const held = this.#held.splice(0);
    const fresh = held.filter(({ at }) => now - at <= MAX_WAIT_MS);
    return { fresh, late: held.length - fresh.length };
  }
}
