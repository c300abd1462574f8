/** Devices that are not on the roster, and send messages. They may come onto it. */

/** A stranger is reported if it still sends messages after this many milliseconds. */
const PATIENCE_MS = 10_000;
/** At most this many strangers are remembered. */
const MAX_STRANGERS = 64;

export class Strangers {
  /** When each was heard first, or reported last. */
  readonly #since = new Map<string, number>();

  /** A stranger sent a message. Returns whether to report it. */
  hear(from: string, now: number): boolean {
    const since = this.#since.get(from);
    if (since !== undefined && now - since < PATIENCE_MS) return false;
    if (this.#since.size >= MAX_STRANGERS) this.#since.clear();
    this.#since.set(from, now);
    return since !== undefined;
  }
}
