/** Counts the crashes of a module: one that crashes again and again is not started again. */
import { SealframeError } from "../shared/errors.js";

/** More than `limit` crashes within these milliseconds are too many. */
const CRASHES = { limit: 4, withinMs: 10_000 };

export class Crashes {
  #times: number[] = [];

  /** Notes a crash. Throws "worker-failed" if there were too many. */
  note() {
    const now = performance.now();
    this.#times = [...this.#times.filter((at) => at > now - CRASHES.withinMs), now];
    if (this.#times.length > CRASHES.limit) throw new SealframeError("worker-failed");
  }
}
