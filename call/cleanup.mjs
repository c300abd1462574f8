/**
 * Runs `work`, which is given `later`: what it registers is closed at the end, the last one first,
 * whatever happens. It may be a promise still: if another one fails first, this one must be ended too.
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
