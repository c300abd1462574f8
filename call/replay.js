// What a server can do to pictures on their way to the worker: keep them back, and send them again.
// A picture sent again is no frame of the browser's: what the worker opens of it is only counted.

/** What a sender's frames say they are. @type {Map<string, string>} */
const codecs = new Map();
/** By sender. @type {Map<string, { left: number, kept: Uint8Array[], done(kept: Uint8Array[]): void }>} */
const keeping = new Map();
/** By sender: what the worker is still to be given. @type {Map<string, object[]>} */
const again = new Map();

/** The next `count` pictures of that sender, which the worker does not get. @returns {Promise<Uint8Array[]>} */
export function withhold({ sender, count }) {
  return new Promise((done) => keeping.set(sender, { left: count, kept: [], done }));
}

/** Gives them to the worker between the sender's next two. @returns {Promise<{ given: number, opened: number }>} */
export function replay({ sender, wires }) {
  return new Promise((done) => {
    const result = { given: wires.length, opened: 0 };
    const getMetadata = () => ({ mimeType: codecs.get(sender) });
    const shells = wires.map((wire) => ({ data: wire.slice().buffer, getMetadata, result }));
    // The worker asks for the next one when it is through with the last.
    again.set(sender, [...shells, { end: () => done(result) }]);
  });
}

/** `read`, of which something is kept back, and into which something is put. */
export function reading(read, { direction, kind, sender }) {
  if (direction !== "open" || kind !== "video") return read;
  return async () => {
    for (;;) {
      const shell = next(sender);
      if (shell) return { done: false, value: shell };
      const result = await read();
      if (result.done || !keeps(sender, result.value)) return result;
    }
  };
}

/** Whether the worker has opened one that was sent again. */
export function opened({ result }) {
  if (result) result.opened++;
  return Boolean(result);
}

function next(sender) {
  const queue = again.get(sender);
  const shell = queue?.shift();
  if (!shell?.end) return shell;
  again.delete(sender);
  shell.end();
  return undefined;
}

function keeps(sender, frame) {
  codecs.set(sender, frame.getMetadata().mimeType);
  const order = keeping.get(sender);
  if (!order) return false;
  order.kept.push(new Uint8Array(frame.data.slice(0)));
  if (--order.left > 0) return true;
  keeping.delete(sender);
  order.done(order.kept);
  return true;
}
