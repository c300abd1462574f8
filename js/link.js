/** The page's end of the wire to the worker: requests out, replies and notices in. */
import { SealframeError } from "./errors.js";
import { outgoing } from "./messages.js";

/** @import { Notice, RequestType } from "./messages.js" */

export class Link {
  /** Why nothing more is sent; empty while all is well. */
  broken = "";
  #count = 0;
  /** @type {Map<number, { resolve(value: any): void, reject(error: Error): void }>} */
  #pending = new Map();

  /** @param {Worker} worker @param {(notice: Notice) => void} notice */
  constructor(worker, notice) {
    this.worker = worker;
    worker.onmessage = ({ data }) => (data?.type === "reply" ? this.#settle(data) : notice(data));
    const failed = (/** @type {Event} */ event) => {
      event.preventDefault();
      this.end("worker-failed");
      notice({ type: "error", code: this.broken });
    };
    worker.addEventListener("error", failed);
    worker.addEventListener("messageerror", failed);
  }

  /**
   * Throws at once on a bad argument: nothing has changed then.
   * @param {RequestType} type @param {object} [fields] @returns {Promise<any>}
   */
  ask(type, fields) {
    const { message, transfer } = outgoing({ ...fields, type });
    if (this.broken) throw new SealframeError(this.broken);
    const id = ++this.#count;
    this.worker.postMessage({ ...message, id }, transfer);
    return new Promise((resolve, reject) => this.#pending.set(id, { resolve, reject }));
  }

  /** Ends the worker, and with it every frame. */
  end(/** @type {string} */ code) {
    this.broken ||= code;
    this.worker.terminate();
    this.#pending.forEach(({ reject }) => reject(new SealframeError(this.broken)));
    this.#pending.clear();
  }

  #settle(/** @type {import("./messages.js").Reply} */ { id, value, error }) {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (error) pending?.reject(new SealframeError(error));
    else pending?.resolve(value);
  }
}
