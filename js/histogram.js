/** Durations in buckets of an eighth of an octave: nothing allocated, quantiles within 5 %. */
export class Histogram {
  #buckets = new Uint32Array(160);
  #count = 0;

  add(/** @type {number} */ milliseconds) {
    this.#buckets[Math.min((Math.log2(milliseconds * 1000 + 1) * 8) | 0, 159)]++;
    this.#count++;
  }

  /** In microseconds. */
  quantile(/** @type {number} */ share) {
    let left = this.#count * share;
    const bucket = this.#buckets.findIndex((count) => (left -= count) <= 0);
    return bucket > 0 ? Math.round(2 ** ((bucket + 0.5) / 8) * 10 - 10) / 10 : 0;
  }
}
