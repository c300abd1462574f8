import type { Count } from "../shared/wire.js";
import type { Frame, Transformer } from "./transformer.js";

/** Passes a frame on, later than in its turn. */
export type Emit = (frame: Frame) => void;

/** Seals or opens a frame in place, and returns whether it may go on. */
export interface Processor {
  process(frame: Frame, emit: Emit): boolean;
}

/**
 * Moves frames from a transform's readable to its writable, through a stream of the core, until the
 * transform has ended. `count` counts them.
 *
 * It has a reader and a writer, which costs half of `pipeThrough()`. It asks for the next frame
 * before it works on this one: a frame that arrives meanwhile finds a reader, and needs no queue.
 * It does not wait for a write, nor watch its promise, which would cost another promise per frame:
 * a stream that failed has no desired size.
 */
export function pump(
  { readable, writable }: Transformer,
  stream: Processor,
  count: Count,
): Promise<void> {
  const reader = readable.getReader();
  const writer = writable.getWriter();
  const emit = (frame: Frame) => {
    writer.write(frame);
    count.forwarded++;
  };
  return new Promise((resolve, reject) => {
    const next = () => void reader.read().then(move, reject);
    const move = ({ done, value }: ReadableStreamReadResult<Frame>) => {
      if (done || writer.desiredSize === null) return resolve();
      next();
      count.received++;
      if (stream.process(value, emit)) emit(value);
    };
    next();
  });
}
