/** Key messages take turns with frames, so that a flood of messages does not delay media. */

/** At most this many key messages of all calls wait. In a flood a random one is dropped. */
const MAX_WAITING = 1024;

interface Turn {
  work(): void;
  dropped(): void;
  done(): void;
  failed(reason: unknown): void;
}

const waiting: Turn[] = [];
const { port1: now, port2: later } = new MessageChannel();
/** In Node an open port keeps the process alive. So it counts only while work waits. */
const port = now as { ref?(): void; unref?(): void };
/** Whether a message was served since the worker last did other things. */
let served = false;

/**
 * Does `work` now if nothing was served in this turn, or in a turn of its own. Frames that arrived
 * before that turn are done first. If too many messages wait, `dropped` is called instead of `work`
 * for one of them. Resolves after either of the two.
 */
export function inTurn(work: () => void, dropped: () => void): Promise<void> {
  return new Promise((done, failed) => {
    waiting.push({ work, dropped, done, failed });
    if (waiting.length > MAX_WAITING) dropOne();
    if (!served) serve();
  });
}

function dropOne() {
  const [turn] = waiting.splice(Math.floor(Math.random() * waiting.length), 1);
  turn?.dropped();
  turn?.done();
}

function serve() {
  const next = waiting.shift();
  served = next !== undefined;
  if (!next) return port.unref?.();
  try {
    next.work();
    next.done();
  } catch (error) {
    next.failed(error);
  }
  port.ref?.();
  later.postMessage(undefined);
}

now.onmessage = serve;
port.unref?.();
