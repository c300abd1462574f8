/** The page's end of the wire to the worker: requests out, replies and notices in. */
import { SealframeError } from "./errors.js";
import { request } from "./messages.js";

export class Link {
  /** Why nothing more is sent; empty while all is well. */
  broken = "";
  #count = 0;
  #pending = /** @type {Map<number, (reply: import("./types.js").Reply) => void>} */ (new Map());

  /** @param {Worker} worker @param {(notice: import("./types.js").Notice) => void} notice */
  constructor(worker, notice) {
    this.worker = worker;
    this.notice = notice;
    worker.onmessage = ({ data }) => (data?.type === "reply" ? this.#pending.get(data.id)?.(data) : notice(data));
    worker.onmessageerror = () => this.#fail();
    worker.onerror = (/** @type {Event} */ event) => (event.preventDefault(), this.#fail());
  }

  /**
   * Throws at once on a bad argument: nothing has changed then.
   * @param {import("./messages.js").RequestType} type @param {object} [fields] @returns {Promise<any>}
   */
  ask(type, fields) {
    const message = request({ ...fields, type });
    if (this.broken) throw new SealframeError(this.broken);
    const id = ++this.#count;
    // Cloned on the way: of a key, no copy of ours is left in the page.
    this.worker.postMessage({ ...message, id });
    return new Promise((resolve, reject) => {
      // A worker that was ended from outside says nothing, ever.
      const silence = setTimeout(() => this.#fail(), 20_000);
      this.#pending.set(id, ({ value, error }) => {
        clearTimeout(silence);
        this.#pending.delete(id);
        error ? reject(new SealframeError(error)) : resolve(value);
      });
    });
  }

  /** Ends the worker, and with it every frame. */
  end(/** @type {string} */ code) {
    this.broken ||= code;
    this.worker.terminate();
    this.#pending.forEach((settle, id) => settle({ type: "reply", id, error: this.broken }));
  }

  #fail() {
    if (this.broken) return;
    this.end("worker-failed");
    this.notice({ type: "error", code: this.broken });
  }
}
