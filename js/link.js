/** The page's end of the wire to the worker: requests out, replies and notices in. */
import { SealframeError } from "./errors.js";
import { outgoing } from "./messages.js";

/** @import { Notice, RequestType } from "./messages.js" */

/** Milliseconds until a worker that does not answer counts as lost. */
const PATIENCE = 20_000;

export class Link {
  /** Why nothing more is sent; empty while all is well. */
  broken = "";
  #count = 0;
  /** @type {Map<number, { resolve(value: any): void, reject(error: Error): void, silent: any }>} */
  #pending = new Map();

  /** @param {Worker} worker @param {(notice: Notice) => void} notice */
  constructor(worker, notice) {
    this.worker = worker;
    this.notice = notice;
    worker.onmessage = ({ data }) => (data?.type === "reply" ? this.#settle(data) : notice(data));
    for (const type of ["error", "messageerror"]) {
      worker.addEventListener(type, (event) => {
        event.preventDefault();
        this.#fail();
      });
    }
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
    // A worker that was ended from outside says nothing, ever.
    const silent = setTimeout(() => this.#fail(), PATIENCE);
    return new Promise((resolve, reject) => this.#pending.set(id, { resolve, reject, silent }));
  }

  /** Ends the worker, and with it every frame. */
  end(/** @type {string} */ code) {
    this.broken ||= code;
    this.worker.terminate();
    this.#pending.forEach((_, id) => this.#settle({ type: "reply", id, error: this.broken }));
  }

  #fail() {
    if (this.broken) return;
    this.end("worker-failed");
    this.notice({ type: "error", code: this.broken });
  }

  #settle(/** @type {import("./messages.js").Reply} */ { id, value, error }) {
    const pending = this.#pending.get(id);
    clearTimeout(pending?.silent);
    this.#pending.delete(id);
    if (error) pending?.reject(new SealframeError(error));
    else pending?.resolve(value);
  }
}
