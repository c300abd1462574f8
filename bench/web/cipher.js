/**
 * The cipher alone, through its thinnest call. A run seals a set of frames, then opens them. No
 * frame is opened twice, and the set is larger than one frame, as in a call.
 */
import { encode } from "./frames.js";

/** At most this many bytes, so that the set fits into the second-level cache of most machines. */
const SET_BYTES = 512 << 10;
const SET = { min: 4, max: 500 };

export class CipherRun {
  constructor(cipher, row) {
    this.cipher = cipher;
    const size = Math.max(SET.min, Math.min(SET.max, Math.floor(SET_BYTES / row.bytes)));
    this.frames = cipher.frames ? cipher.frames(size) : copies(encode(row), size);
  }

  /** Seals and opens about `count` frames. @returns the mean microseconds of each */
  async run(count) {
    const size = Math.min(count, this.frames.length);
    const frames = this.frames.slice(0, size);
    await this.#pass(frames.slice(0, leadOf(size)));
    const sets = Math.round(count / size);
    const total = { seal: 0, open: 0 };
    for (let set = 0; set < sets; set++) {
      const { seal, open } = await this.#pass(frames);
      total.seal += seal;
      total.open += open;
    }
    const done = sets * size;
    return { seal: (total.seal / done) * 1000, open: (total.open / done) * 1000 };
  }

  async #pass(frames) {
    const [seal, sealed] = await this.#time("seal", frames);
    const [open] = await this.#time("open", sealed);
    return { seal, open };
  }

  async #time(verb, frames) {
    const { cipher } = this;
    const out = new Array(frames.length);
    // A peer may take the buffer of a frame, so each run needs a copy.
    if (cipher.takes) frames = frames.map((frame) => frame.slice());
    const start = performance.now();
    if (cipher.isAsync)
      for (let at = 0; at < out.length; at++) out[at] = await cipher[verb](frames[at]);
    else for (let at = 0; at < out.length; at++) out[at] = cipher[verb](frames[at]);
    return [performance.now() - start, out];
  }
}

/** The number of frames that run untimed before `count` timed ones. */
export function leadOf(count) {
  return Math.max(1, count >> 2);
}

function copies(frame, count) {
  return Array.from({ length: count }, () => frame.slice());
}
