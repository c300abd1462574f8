/** One direction through a peer: frames go in at one end, one at a time, and are timed to the other. */
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
   * Puts each of `data` through, one at a time, as a stream at its own pace would. The first `lead`
   * of them only fill the caches that others emptied: their time is not counted.
   * @returns {Promise<{ out: ArrayBuffer[], us: number }>} what came out, mean microseconds
   */
  async run(data, lead) {
    let start;
    const begin = (at) => {
      if (at === lead) start = performance.now();
    };
    const out = await within(PATIENCE, this.#pass(data, begin));
    return { out, us: ((performance.now() - start) / (data.length - lead)) * 1000 };
  }

  /** As `run`, but `us` has the time of each frame. */
  async runTimed(data, lead) {
    const starts = [];
    const out = await within(
      PATIENCE,
      this.#pass(data, () => starts.push(performance.now())),
    );
    const ends = [...starts.slice(1), performance.now()];
    return { out, us: ends.map((end, at) => (end - starts[at]) * 1000).slice(lead) };
  }

  /** The next frame goes in when the last has come out; `begin(at)` is called just before. */
  #pass(data, begin) {
    const frames = data.map((bytes) => frame(this.row, this.type, bytes, this.#count++));
    const out = [];
    return new Promise((resolve) => {
      const next = () => {
        begin(out.length);
        this.#in.enqueue(frames[out.length]);
      };
      // No promise of the harness for each frame: those of the streams are cost enough.
      this.#arrived = (frame) => {
        out.push(frame.data);
        if (out.length < frames.length) next();
        else resolve(out);
      };
      next();
    });
  }
}

/** A peer that drops a frame would keep us waiting for ever. */
function within(milliseconds, work) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error("a frame did not come out")), milliseconds);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
