/**
 * Moves frames from a transform's readable to its writable, through a stream of the core.
 * Reader and writer by hand: half of what `pipeThrough()` costs. The next frame is asked for before
 * this one is worked on: a frame that comes meanwhile finds a reader, and needs no queue. A write is
 * not waited for, nor is its promise watched, which would cost one more a frame: a stream that
 * failed has no desired size.
 * @param {import("./types.js").Transformer} transformer @param {import("./stream.js").Stream} stream
 * @param {import("./types.js").Count} count what went in, and what came out
 * @returns {Promise<void>} when the transform has ended
 */
export function pump({ readable, writable }, stream, count) {
  const reader = readable.getReader();
  const writer = writable.getWriter();
  return new Promise((resolve, reject) => {
    const next = () => void reader.read().then(move, reject);
    /** @param {ReadableStreamReadResult<import("./types.js").Frame>} result */
    const move = ({ done, value }) => {
      if (done || writer.desiredSize === null) return resolve();
      next();
      count.given++;
      if (!stream.process(value)) return;
      writer.write(value);
      count.passed++;
    };
    next();
  });
}
