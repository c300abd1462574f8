// Ends workers and records the events of their calls.
import { sleep } from "./pair.js";

/** Records events of a call with their times. */
export function record(call, ...types) {
  const events = [];
  const start = performance.now();
  for (const type of types) {
    call.addEventListener(type, ({ code, kind, state }) =>
      events.push({ type, code, kind, state, at: performance.now() - start }),
    );
  }
  return events;
}

/** Terminates a worker and reports its death to the page at once. */
export function kill(worker) {
  worker.terminate();
  worker.onerror(new Event("error"));
}

/** The result of a promise, or an error if it does not settle in time. */
export const within = (promise, what, limit = 60_000) =>
  Promise.race([
    promise,
    sleep(limit).then(() => Promise.reject(new Error(`not within ${limit} ms: ${what}`))),
  ]);

/** Resolves when the next worker has taken over this call. */
export const returned = (call) =>
  within(
    new Promise((done) => call.addEventListener("restarted", done, { once: true })),
    "restarted",
  );
