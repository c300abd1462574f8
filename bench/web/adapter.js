/** What an adapter in peers/ gets, in a browser's worker and in Node. */

/**
 * @param {{ root: string, peers: string, built: string, core: string, engine: string }} places as
 *   URLs
 */
export function makeAdapterContext(places) {
  return { ...places, secret, replies: listen(), pause };
}

/**
 * The key of a sender, the same in every worker. It is a new copy each time, because adapters may
 * wipe it.
 */
function secret(sender) {
  return Uint8Array.from(
    { length: 32 },
    (_, at) => sender.charCodeAt(at % sender.length) * 31 + at,
  );
}

/**
 * Functions that wait for a message. Peers in one process share one list, because they share
 * `postMessage`.
 */
const waiting = new Set();

/**
 * Catches messages of a peer to its page.
 * @returns `replies(wanted)`, which waits for one message
 */
function listen() {
  self.postMessage = (message) => waiting.forEach((hear) => hear(message));
  return (wanted) =>
    new Promise((resolve) => {
      const hear = (message) => {
        if (!wanted(message)) return;
        waiting.delete(hear);
        resolve(message);
      };
      waiting.add(hear);
    });
}

/** Gives a peer time for its own message queue. */
function pause() {
  return new Promise((resolve) => setTimeout(resolve, 100));
}
