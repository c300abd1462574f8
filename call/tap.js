// The page's end of the tap: questions to tap-worker.js.
const LIMIT = 90_000;

export class Tap {
  #channel;

  /** @param {string} name what the worker's URL has as `?tap=` */
  constructor(name) {
    this.#channel = new BroadcastChannel(name);
  }

  /** @param {string} ask @param {object} [fields] @returns {Promise<any>} */
  ask(ask, fields) {
    const id = crypto.randomUUID();
    return new Promise((done, failed) => {
      const timer = setTimeout(() => failed(new Error(`the tap does not answer: ${ask}`)), LIMIT);
      const hear = ({ data }) => {
        if (data.answer !== id) return;
        clearTimeout(timer);
        this.#channel.removeEventListener("message", hear);
        done(data.value);
      };
      this.#channel.addEventListener("message", hear);
      this.#channel.postMessage({ ask, id, ...fields });
    });
  }
}
