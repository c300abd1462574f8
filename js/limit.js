/** A limit for work of the browser. It counts steps, so that a device that slept is not late when it wakes. */

/** How many steps a limit is counted in. */
const STEPS = 10;

/**
 * What `work` gives, or a rejection with this error if the work takes too long. The work itself goes on.
 * @template T @param {Promise<T>} work @param {number} milliseconds @param {Error} error @returns {Promise<T>}
 */
export function within(work, milliseconds, error) {
  let [left, timer] = [STEPS, 0];
  const late = new Promise((_, reject) => {
    timer = setInterval(() => --left || reject(error), milliseconds / STEPS);
  });
  return Promise.race([work, /** @type {Promise<never>} */ (late)]).finally(() => clearInterval(timer));
}
