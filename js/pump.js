/**
 * Moves frames from a transform's readable to its writable, through a stream of the core.
 * @typedef {{ data: ArrayBuffer, getMetadata(): { mimeType?: string } }} Frame
 * @typedef {{ readable: ReadableStream<Frame>, writable: WritableStream<Frame>,
 *   sendKeyFrameRequest?(): Promise<unknown> }} Transformer as RTCRtpScriptTransformer
 */

/**
 * Reader and writer by hand: half of what `pipeThrough()` costs. A write is not waited for, its
 * queue has no limit by specification. Nor is its promise watched, which would cost one of ours
 * for each frame: a stream that failed has no desired size (and worker.js keeps it quiet).
 * @param {Transformer} transformer @param {{ process(frame: Frame): boolean }} stream
 */
export async function pump({ readable, writable }, stream) {
  const reader = readable.getReader();
  const writer = writable.getWriter();
  while (writer.desiredSize !== null) {
    const { done, value } = await reader.read();
    if (done) return;
    if (stream.process(value)) writer.write(value);
  }
}
