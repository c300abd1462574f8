/** Medians and other quantiles. */

export function median(values) {
  return quantile(values, 0.5);
}

/** A quantile. Between two values it interpolates. */
export function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const low = Math.floor(at);
  const high = Math.ceil(at);
  return sorted[low] + (sorted[high] - sorted[low]) * (at - low);
}
