/**
 * A room for two on the server's relay. What goes through here is seen by the server: session
 * descriptions, device bundles (public keys), envelopes (sealed keys) and counters.
 */

/**
 * Events: "peer" (`detail`: its hello), "signal", "key", "report" (`detail`: what the peer sent),
 * "left", "full" (two others are in here) and "lost" (no relay).
 */
export class Room extends EventTarget {
  #self = "";
  #peer = "";
  #socket;
  #hello;

  /** @param {string} name @param {object} hello what a peer needs to know of us */
  constructor(name, hello) {
    super();
    this.#hello = { type: "hello", ...hello };
    this.#socket = new WebSocket(relayUrl(name));
    this.#socket.onmessage = ({ data }) => this.#take(JSON.parse(data));
    this.#socket.onclose = () => this.#tell("lost");
  }

  /** Whether it is us who make the offer: one of two has to. */
  get first() {
    return this.#self < this.#peer;
  }

  /** To the peer, if there is one. @param {{ type: string }} message */
  send(message) {
    if (this.#peer) this.#post({ ...message, to: this.#peer });
  }

  /** The relay itself says who is here and who left; the rest is from pages like this one. */
  #take({ from, type, ...detail }) {
    if (type === "here") {
      this.#self = detail.self;
      this.#post(this.#hello);
    } else if (type === "hello") this.#meet(from, detail);
    else if (type === "left") this.#part(from);
    else if (type === "full" && !this.#peer) this.#tell("full");
    else if (from === this.#peer) this.#tell(type, detail);
  }

  #meet(from, hello) {
    if (from === this.#peer) return;
    if (this.#peer) return this.#post({ type: "full", to: from });
    this.#peer = from;
    this.send(this.#hello);
    this.#tell("peer", hello);
  }

  /** Whoever waited outside for a place may now find one, so everybody says hello again. */
  #part(from) {
    const ours = from === this.#peer;
    if (ours) this.#peer = "";
    if (ours) this.#tell("left");
    if (!this.#peer) this.#post(this.#hello);
  }

  #post(message) {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

function relayUrl(room) {
  const url = new URL(`/relay?room=${encodeURIComponent(room)}`, location.origin);
  url.protocol = url.protocol.replace("http", "ws");
  return url;
}
