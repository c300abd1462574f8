/** Milliseconds of the epoch: the same clock in every page and after a reload. */
export const now = () => performance.timeOrigin + performance.now();
