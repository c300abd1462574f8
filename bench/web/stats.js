/** Medians and their kin. */

export function median(values) {
  return quantile(values, 0.5);
}

/** Between two neighbours the mean of both, in proportion. */
export function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const low = Math.floor(at);
  const high = Math.ceil(at);
  return sorted[low] + (sorted[high] - sorted[low]) * (at - low);
}
