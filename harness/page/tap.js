// The page's end of the tap: it asks tap-worker.js questions and hears what that reports.

/** Milliseconds after which an answer counts as missing. */
const LIMIT = 90_000;

/**
 * A tap in front of the shipped worker. It sees what a server sees. Events of a tap that shows:
 * "tick" (20 a second, in hidden tabs too), "frame" (`detail`: a sample of the wire) and "times"
 * (`detail`: microseconds per video frame, once a second).
 */
export class Tap extends EventTarget {
  #name;
  #channel;
  #settings;

  /**
   * @param {string} [name] of the channel; the default is random, so that no other tab's tap is heard
   * @param {Record<string, string>} [settings] what the worker does: see tap-worker.js
   */
  constructor(name = crypto.randomUUID(), settings = {}) {
    super();
    this.#name = name;
    this.#settings = settings;
    this.#channel = new BroadcastChannel(name);
    this.#channel.onmessage = ({ data }) => this.#hear(data);
  }

  /** For `Sealframe.start()`. */
  get workerUrl() {
    const query = new URLSearchParams({ tap: this.#name, ...this.#settings });
    return new URL(`tap-worker.js?${query}`, import.meta.url);
  }

  /** @param {string} ask @param {object} [fields] @returns {Promise<any>} */
  ask(ask, fields) {
    const id = crypto.randomUUID();
    return new Promise((done, failed) => {
      const timer = setTimeout(() => failed(new Error(`the tap does not answer: ${ask}`)), LIMIT);
      const hear = ({ detail }) => {
        clearTimeout(timer);
        done(detail);
      };
      this.addEventListener(id, hear, { once: true });
      this.#channel.postMessage({ ...fields, ask, id });
    });
  }

  /** Gives an order that has no answer. @param {string} order @param {object} [fields] */
  tell(order, fields) {
    this.#channel.postMessage({ ...fields, ask: order });
  }

  #hear({ answer, type = answer, ...detail }) {
    const value = answer === undefined ? detail : detail.value;
    if (type) this.dispatchEvent(new CustomEvent(type, { detail: value }));
  }
}
