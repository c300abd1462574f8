/**
 * Runs `work` with a function `later`. At the end everything that was passed to `later` is closed,
 * the last one first, whatever happens. It may be a promise: its result is closed even if another
 * one fails.
 * @template T @param {(later: <M>(made: M) => M) => Promise<T>} work
 */
export async function cleaning(work) {
  const made = [];
  try {
    return await work((one) => (made.unshift(one), one));
  } finally {
    for (const one of made) await close(one).catch(() => {});
  }
}

async function close(one) {
  await (await one).close();
}
