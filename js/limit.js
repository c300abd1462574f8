/** A limit for what others do for us, in steps: a device that slept does not wake up too late. */

const STEPS = 10;

/**
 * What `work` gives, or a rejection with this error if that takes too long. The work goes on all the same.
 * @template T @param {Promise<T>} work @param {number} milliseconds @param {Error} error @returns {Promise<T>}
 */
export function within(work, milliseconds, error) {
  let [left, timer] = [STEPS, 0];
  const late = new Promise((_, reject) => {
    timer = setInterval(() => --left || reject(error), milliseconds / STEPS);
  });
  return Promise.race([work, /** @type {Promise<never>} */ (late)]).finally(() => clearInterval(timer));
}
