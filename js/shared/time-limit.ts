/** A time limit that counts steps, so that a device that slept is not late when it wakes. */

/** Number of steps that make up a limit. */
const STEPS = 10;

/** The result of `work`, or a rejection with `error` if the work takes longer. The work goes on. */
export function within<T>(work: Promise<T>, milliseconds: number, error: Error): Promise<T> {
  let [left, timer] = [STEPS, 0];
  const late = new Promise<never>((_, reject) => {
    timer = setInterval(() => --left || reject(error), milliseconds / STEPS);
  });
  return Promise.race([work, late]).finally(() => clearInterval(timer));
}
