/** What an adapter in peers/ is given. Runs in a browser's worker and in Node alike. */

/** @param {{ root: string, peers: string, built: string, core: string, engine: string }} places as URLs */
export function makeHouse(places) {
  return { ...places, secret, replies: listen(), pause };
}

/** A sender's key: the same in every worker. Always a copy, who is given one may wipe it. */
function secret(sender) {
  return Uint8Array.from({ length: 32 }, (_, at) => sender.charCodeAt(at % sender.length) * 31 + at);
}

/** Who waits for a message; one list, as peers in one process have but one `postMessage`. */
const waiting = new Set();

/** What a peer says to its page ends here; `replies(wanted)` waits for one message of it. */
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

/** Time for a peer's own queue of messages. */
function pause() {
  return new Promise((resolve) => setTimeout(resolve, 100));
}
