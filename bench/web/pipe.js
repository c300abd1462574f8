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

  /** Puts each of `data` through and waits for it to come out, as a stream at its own pace would. */
  async run(data) {
    const frames = data.map((bytes) => frame(this.row, this.type, bytes, this.#count++));
    return within(PATIENCE, this.#each(frames));
  }

  /** As `run`, with a time in microseconds for each frame. */
  async runTimed(data) {
    const frames = data.map((bytes) => frame(this.row, this.type, bytes, this.#count++));
    return within(PATIENCE, this.#eachTimed(frames));
  }

  close() {
    this.#in.close();
  }

  async #each(frames) {
    const out = [];
    const start = performance.now();
    for (const frame of frames) out.push((await this.#pass(frame)).data);
    return { out, us: ((performance.now() - start) / frames.length) * 1000 };
  }

  async #eachTimed(frames) {
    const out = [];
    const singles = [];
    for (const frame of frames) {
      const start = performance.now();
      out.push((await this.#pass(frame)).data);
      singles.push((performance.now() - start) * 1000);
    }
    return { out, us: singles };
  }

  #pass(frame) {
    return new Promise((resolve) => {
      this.#arrived = resolve;
      this.#in.enqueue(frame);
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
