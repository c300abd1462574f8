import { sleep } from "../harness/sleep.js";

/** Milliseconds that a page may take to start, or a call to show and sound. */
export const SETTLE_LIMIT = 120_000;

/** Waits until `condition` holds, but not for ever. @returns whether it holds */
export async function until(condition, limit = SETTLE_LIMIT) {
  for (const end = Date.now() + limit; Date.now() < end; await sleep(100))
    if (await condition()) return true;
  return false;
}
