/** `sealframe/stomp`: carries a call's key messages over the application's STOMP client. */
import { type Call, type CallEvents, SealframeError } from "./index.js";

/** The part of a Client of `@stomp/stompjs` that this module uses. */
export interface StompClient {
  readonly connected: boolean;
  readonly webSocket: { readonly readyState: number } | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: a handler of any frame type of the library fits.
  onConnect: (frame: any) => void;
  publish(message: { destination: string; body: string; headers: StompHeaders }): void;
  subscribe(
    destination: string,
    take: (message: { readonly body: string }) => void,
    headers: StompHeaders,
  ): { unsubscribe(): void };
  watchForReceipt(id: string, arrived: () => void): void;
}

export interface StompHeaders {
  [name: string]: string;
}

/** Options of `connect()`. */
export interface StompOptions {
  /**
   * The start of each destination, which goes on with the call's tag, a dot and the device's id.
   * Default: "/topic/sealframe."
   */
  prefix?: string;
  /** Returns the destination of a device's messages, instead. */
  destination?: (device: string) => string;
  /** The subscription of this device, if the broker has another name for it: "/user/queue/keys". */
  inbox?: string;
  /** For SUBSCRIBE and SEND, such as `{ "x-expires": "60000" }` for queues of RabbitMQ. */
  headers?: StompHeaders;
}

interface Letter {
  to: string;
  body: string;
  /** Whether the present connection took it. */
  sent: boolean;
}

/** At most this many messages wait for a connection. Then the oldest goes: calls repeat theirs. */
const MAX_WAITING = 1024;
/** At most this many characters are in a message. The core takes no longer ones. */
const MAX_BODY_CHARS = 87_384;

/**
 * From now on each message of the call goes to the destination of its device, and messages to this
 * device's destination go to the call. The application still starts and stops the client, which may
 * be connected or not, and states the roster. The returned function ends this.
 */
export function connect(call: Call, client: StompClient, options: StompOptions = {}): () => void {
  if (typeof call?.addEventListener !== "function")
    throw new SealframeError("bad-argument", "call");
  if (typeof client?.publish !== "function") throw new SealframeError("bad-argument", "client");
  if (Object.prototype.toString.call(options) !== "[object Object]")
    throw new SealframeError("bad-argument", "options");
  const carrier = new Carrier(call, client, options);
  return () => carrier.end();
}

class Carrier {
  readonly #call: Call;
  readonly #client: StompClient;
  readonly #options: StompOptions;
  readonly #unhook: () => void;
  /** Unknown until the call's tag is computed. */
  #destination: ((device: string) => string) | undefined;
  /** Messages that the broker has not confirmed, by their text. */
  readonly #waiting = new Map<string, Letter>();
  #count = 0;
  #ended = false;
  /** The socket of our subscription. */
  #socket: unknown;
  #subscription: { unsubscribe(): void } | undefined;

  constructor(call: Call, client: StompClient, options: StompOptions) {
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
    if (this.#connected && this.#client.webSocket === this.#socket)
      this.#subscription?.unsubscribe();
    this.#subscription = undefined;
  }

  async #begin() {
    const { prefix = "/topic/sealframe.", destination } = this.#options;
    const tag = await callTag(this.#call.id);
    if (this.#ended) return;
    this.#destination = destination ?? ((device) => `${prefix}${tag}.${device}`);
    this.#flow();
  }

  /** A repetition of a message that waits replaces it. */
  readonly #take = ({ to, bytes }: CallEvents["message"]) => {
    const body = toText(bytes);
    const [oldest] = this.#waiting.keys();
    this.#waiting.set(body, { to, body, sent: false });
    if (this.#waiting.size > MAX_WAITING) this.#waiting.delete(oldest as string);
    this.#flow();
  };

  /** STOMP's `connected` is not enough: a socket that is closing swallows messages. */
  get #connected() {
    return this.#client.connected && this.#client.webSocket?.readyState === 1;
  }

  /** Subscribes before it sends, because answers must arrive. */
  #flow() {
    if (!this.#destination || !this.#connected) return;
    if (this.#client.webSocket !== this.#socket)
      this.#subscribe(this.#destination(this.#call.self));
    for (const [key, letter] of this.#waiting)
      if (!letter.sent) this.#send(this.#destination(letter.to), key, letter);
  }

  /** Messages that the last connection did not confirm are sent again. */
  #subscribe(ours: string) {
    const { inbox = ours, headers } = this.#options;
    const take = ({ body }: { body: string }) => void this.#receive(body);
    this.#subscription = this.#client.subscribe(inbox, take, { ...headers });
    this.#socket = this.#client.webSocket;
    for (const letter of this.#waiting.values()) letter.sent = false;
  }

  #send(destination: string, key: string, letter: Letter) {
    const receipt = `sealframe-${++this.#count}`;
    const arrived = () => this.#waiting.get(key) === letter && this.#waiting.delete(key);
    letter.sent = true;
    this.#client.watchForReceipt(receipt, arrived);
    const headers = { ...this.#options.headers, receipt };
    this.#client.publish({ destination, body: letter.body, headers });
  }

  /** Anybody may write to our destination. If it is nonsense, an event reports it. */
  async #receive(body: string) {
    try {
      await this.#call.receive(toBytes(body));
    } catch (error) {
      const { code } = error as SealframeError;
      if (this.#call.closed) this.end();
      else this.#call.dispatchEvent(Object.assign(new Event("error"), { code }));
    }
  }
}

/**
 * Calls `connected` at each connection, and then the application's own `onConnect`. If the
 * application replaces `onConnect` later, ours is gone until a message is to be sent.
 */
function hook(client: StompClient, connected: () => void): () => void {
  const theirs = client.onConnect;
  const both = (frame: unknown) => {
    try {
      connected();
    } finally {
      theirs?.call(client, frame);
    }
  };
  client.onConnect = both;
  return () => {
    if (client.onConnect === both) client.onConnect = theirs;
  };
}

/** The tag of the call in key messages (docs/protocol.md §3), in hexadecimal. */
async function callTag(id: string): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(id)));
  return Array.from(hash.subarray(0, 16), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Base64: brokers send text frames by default, and bytes in those end the connection. */
const toText = (bytes: Uint8Array) =>
  btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));

function toBytes(text: string): Uint8Array {
  const { length } = text;
  const wrong = length > MAX_BODY_CHARS || !/^[A-Za-z0-9+/]+={0,2}$/.test(text) || length % 4 !== 0;
  if (wrong) throw new SealframeError("bad-message");
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}
