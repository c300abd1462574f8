/** One direction through a peer. Frames go in one at a time and are timed until they come out. */
import { frame, typeOf } from "./frames.js";

const PATIENCE = 20_000;

export class Pipe {
  #in;
  #arrived;
  #count = 0;

  constructor(row) {
    this.row = row;
    this.type = typeOf(row);
    this.readable = new ReadableStream({ start: (controller) => void (this.#in = controller) });
    this.writable = new WritableStream({ write: (frame) => this.#arrived(frame) });
  }

  /**
   * Passes each of `data`, one at a time, as a live stream does. The first `lead` frames refill
   * caches and do not count.
   * @returns {Promise<{ out: ArrayBuffer[], us: number }>} the results, and the mean microseconds
   */
  async run(data, lead) {
    let start;
    const begin = (at) => {
      if (at === lead) start = performance.now();
    };
    const out = await within(PATIENCE, this.#pass(data, begin));
    return { out, us: ((performance.now() - start) / (data.length - lead)) * 1000 };
  }

  /** Like `run`, but `us` has the time of each frame. */
  async runTimed(data, lead) {
    const starts = [];
    const out = await within(
      PATIENCE,
      this.#pass(data, () => starts.push(performance.now())),
    );
    const ends = [...starts.slice(1), performance.now()];
    return { out, us: ends.map((end, at) => (end - starts[at]) * 1000).slice(lead) };
  }

  /** Passes each frame after the last one came out. It calls `begin(at)` just before. */
  #pass(data, begin) {
    const frames = data.map((bytes) => frame(this.row, this.type, bytes, this.#count++));
    const out = [];
    return new Promise((resolve) => {
      const next = () => {
        begin(out.length);
        this.#in.enqueue(frames[out.length]);
      };
      // The harness makes no promise per frame, which would add to the measured cost.
      this.#arrived = (frame) => {
        out.push(frame.data);
        if (out.length < frames.length) next();
        else resolve(out);
      };
      next();
    });
  }
}

/** Rejects after a while, because a peer that drops a frame would block the bench. */
function within(milliseconds, work) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error("a frame did not come out")), milliseconds);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
