// Withholds video frames on their way to the worker, and replays them, as a server can. The browser
// does not know a replayed frame. The tap only counts whether the worker opens it.

/** The codec that the frames of each sender report. @type {Map<string, string>} */
const codecs = new Map();
/**
 * The frames that are withheld, by sender.
 * @type {Map<string, { left: number, kept: Uint8Array[], done(kept: Uint8Array[]): void }>}
 */
const withheld = new Map();
/** The frames that the worker does not have yet, by sender. @type {Map<string, object[]>} */
const queues = new Map();

/**
 * Withholds the next `count` video frames of a sender from the worker.
 * @returns {Promise<Uint8Array[]>} the frames
 */
export function withhold({ sender, count }) {
  return new Promise((done) => withheld.set(sender, { left: count, kept: [], done }));
}

/**
 * Gives frames to the worker, between the next two frames of their sender.
 * @returns {Promise<{ given: number, opened: number }>}
 */
export function replay({ sender, wires }) {
  return new Promise((done) => {
    const result = { given: wires.length, opened: 0 };
    const getMetadata = () => ({ mimeType: codecs.get(sender) });
    const frames = wires.map((wire) => ({ data: wire.slice().buffer, getMetadata, result }));
    // The worker asks for the next frame when it has finished the last one.
    queues.set(sender, [...frames, { end: () => done(result) }]);
  });
}

/** `read`, without the withheld frames and with the replayed ones. */
export function replaying(read, { direction, kind, sender }) {
  if (direction !== "open" || kind !== "video") return read;
  return async () => {
    for (;;) {
      const frame = nextOf(sender);
      if (frame) return { done: false, value: frame };
      const result = await read();
      if (result.done || !withholds(sender, result.value)) return result;
    }
  };
}

/** Whether the worker opened a replayed frame. The frame is counted. */
export function wasReplayed({ result }) {
  if (result) result.opened++;
  return Boolean(result);
}

function nextOf(sender) {
  const queue = queues.get(sender);
  const frame = queue?.shift();
  if (!frame?.end) return frame;
  queues.delete(sender);
  frame.end();
  return undefined;
}

function withholds(sender, frame) {
  codecs.set(sender, frame.getMetadata().mimeType);
  const order = withheld.get(sender);
  if (!order) return false;
  order.kept.push(new Uint8Array(frame.data.slice(0)));
  if (--order.left > 0) return true;
  withheld.delete(sender);
  order.done(order.kept);
  return true;
}
