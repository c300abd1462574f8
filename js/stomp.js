/** `sealframe/stomp`: carries a call's key messages over the application's STOMP client. */
import { SealframeError } from "./index.js";

/** @typedef {import("./index.js").Call} Call @typedef {import("./types.js").StompClient} Client */
/** @typedef {import("./types.js").StompOptions} Options @typedef {{ to: string, body: string, sent: boolean }} Letter */

/** So many messages wait for a connection. Then the oldest goes: a call says again what matters. */
const WAITING = 1024;
/** Characters of a message. The core takes no longer ones. */
const LONGEST = 87_384;

/**
 * From now on each message of the call goes to its device's own destination, and what comes to ours
 * goes to the call. Starting and ending the client stays with the application, and so does the roster.
 * @param {Call} call @param {Client} client of `@stomp/stompjs`, connected or not @param {Options} [options]
 * @returns {() => void} ends it
 */
export function connect(call, client, options = {}) {
  if (typeof call?.addEventListener !== "function") throw new SealframeError("bad-argument", "call");
  if (typeof client?.publish !== "function") throw new SealframeError("bad-argument", "client");
  if (Object.prototype.toString.call(options) !== "[object Object]") throw new SealframeError("bad-argument", "options");
  const carrier = new Carrier(call, client, options);
  return () => carrier.end();
}

class Carrier {
  #call;
  #client;
  #options;
  #unhook;
  /** Where a device's messages go; unknown until the call's tag is computed. @type {((device: string) => string) | undefined} */
  #destination;
  /** What the broker has not said yet that it has. @type {Map<string, Letter>} */
  #waiting = new Map();
  #count = 0;
  #ended = false;
  /** The connection that our subscription is on. @type {unknown} */
  #socket;
  /** @type {{ unsubscribe(): void } | undefined} */
  #subscription;

  constructor(/** @type {Call} */ call, /** @type {Client} */ client, /** @type {Options} */ options) {
    this.#call = call;
    this.#client = client;
    this.#options = options;
    this.#unhook = hook(client, () => this.#flow());
    call.addEventListener("message", this.#take);
    this.#begin();
  }

  end() {
    this.#ended = true;
    this.#call.removeEventListener("message", this.#take);
    this.#unhook();
    this.#destination = undefined;
    this.#waiting.clear();
    if (this.#connected && this.#client.webSocket === this.#socket) this.#subscription?.unsubscribe();
    this.#subscription = undefined;
  }

  async #begin() {
    const { prefix = "/topic/sealframe.", destination } = this.#options;
    const tag = await callTag(this.#call.id);
    if (this.#ended) return;
    this.#destination = destination ?? ((device) => `${prefix}${tag}.${device}`);
    this.#flow();
  }

  /** What is said again while it waits is still one message. */
  #take = (/** @type {any} */ { to, bytes }) => {
    const body = toText(bytes);
    const [oldest] = this.#waiting.keys();
    this.#waiting.set(body, { to, body, sent: false });
    if (this.#waiting.size > WAITING) this.#waiting.delete(oldest);
    this.#flow();
  };

  /** STOMP's `connected` and the socket's own word: one that is closing swallows what it is given. */
  get #connected() {
    return this.#client.connected && this.#client.webSocket?.readyState === 1;
  }

  /** Subscribed first: the answers must find us. */
  #flow() {
    if (!this.#destination || !this.#connected) return;
    if (this.#client.webSocket !== this.#socket) this.#subscribe(this.#destination(this.#call.self));
    for (const [key, letter] of this.#waiting) if (!letter.sent) this.#send(this.#destination(letter.to), key, letter);
  }

  /** What the last connection took and did not confirm goes once more. */
  #subscribe(/** @type {string} */ ours) {
    const { inbox = ours, headers } = this.#options;
    this.#subscription = this.#client.subscribe(inbox, ({ body }) => this.#receive(body), { ...headers });
    this.#socket = this.#client.webSocket;
    this.#waiting.forEach((letter) => (letter.sent = false));
  }

  #send(/** @type {string} */ destination, /** @type {string} */ key, /** @type {Letter} */ letter) {
    const receipt = `sealframe-${++this.#count}`;
    const arrived = () => this.#waiting.get(key) === letter && this.#waiting.delete(key);
    letter.sent = true;
    this.#client.watchForReceipt(receipt, arrived);
    this.#client.publish({ destination, body: letter.body, headers: { ...this.#options.headers, receipt } });
  }

  /** Whoever may write to our destination may write nonsense: it becomes an event, and that is all. */
  async #receive(/** @type {string} */ body) {
    try {
      await this.#call.receive(toBytes(body));
    } catch (/** @type {any} */ { code }) {
      if (this.#call.closed) this.end();
      else this.#call.dispatchEvent(Object.assign(new Event("error"), { code }));
    }
  }
}

/**
 * The application's own `onConnect` goes on; one that it sets later displaces ours until it has a
 * message to send. @param {Client} client @param {() => void} connected
 */
function hook(client, connected) {
  const theirs = client.onConnect;
  const both = (/** @type {any} */ frame) => {
    try { connected(); }
    finally { theirs?.call(client, frame); }
  };
  client.onConnect = both;
  return () => { if (client.onConnect === both) client.onConnect = theirs; };
}

/** What key messages call the call (docs/protocol.md §3), in hexadecimal. */
async function callTag(/** @type {string} */ id) {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(id)));
  return Array.from(hash.subarray(0, 16), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Text, because brokers send text frames unless told otherwise, and bytes in those end the connection. */
const toText = (/** @type {Uint8Array} */ bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));

function toBytes(/** @type {string} */ text) {
  const wrong = text.length > LONGEST || !/^[A-Za-z0-9+/]+={0,2}$/.test(text) || text.length % 4;
  if (wrong) throw new SealframeError("bad-message");
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}
