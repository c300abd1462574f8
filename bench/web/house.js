/** What an adapter in peers/ is given. Runs in a browser's worker and in Node alike. */

/** @param {{ root: string, peers: string, built: string, core: string, engine: string }} places as URLs */
export function makeHouse(places) {
  return { ...places, secret: makeSecrets(), replies: listen(), pause };
}

/** One key a sender. Always a copy: who is given a secret may wipe it. */
function makeSecrets() {
  const secrets = new Map();
  return (sender) => {
    if (!secrets.has(sender)) secrets.set(sender, crypto.getRandomValues(new Uint8Array(32)));
    return secrets.get(sender).slice();
  };
}

/** What a peer says to its page ends here; `replies(wanted)` waits for one message of it. */
function listen() {
  const waiting = new Set();
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
