/** Durations in buckets of an eighth of an octave: nothing allocated, quantiles (in µs) within 5 %. */
export class Histogram {
  #buckets = new Uint32Array(160);

  add(/** @type {number} */ milliseconds) {
    this.#buckets[Math.min((Math.log2(milliseconds * 1000 + 1) * 8) | 0, 159)]++;
  }

  quantile(/** @type {number} */ share) {
    let left = this.#buckets.reduce((sum, count) => sum + count) * share;
    const bucket = this.#buckets.findIndex((count) => (left -= count) <= 0);
    return bucket > 0 ? Math.round(2 ** ((bucket + 0.5) / 8) * 10 - 10) / 10 : 0;
  }
}
