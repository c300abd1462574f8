/**
 * Moves frames from a transform's readable to its writable, through a stream of the core.
 * Reader and writer by hand: half of what `pipeThrough()` costs. A write is not waited for, nor is
 * its promise watched, which would cost one more a frame: a stream that failed has no desired size.
 * @param {import("./types.js").Transformer} transformer @param {import("./stream.js").Stream} stream
 * @param {import("./types.js").Count} count what went in, and what came out
 */
export async function pump({ readable, writable }, stream, count) {
  const reader = readable.getReader();
  const writer = writable.getWriter();
  while (writer.desiredSize !== null) {
    const { done, value } = await reader.read();
    if (done) return;
    count.given++;
    if (!stream.process(value)) continue;
    writer.write(value);
    count.passed++;
  }
}
