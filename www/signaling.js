/**
 * A room on the server's relay. The server sees all that goes through here: names, session
 * descriptions, device bundles (public keys), envelopes (sealed keys) and counters.
 */

/** At most 6 members are in a room: in a mesh each of them sends to each other. */
export const ROOM_FOR = 6;
/** Milliseconds from the loss of the relay to the next attempt. */
const RETRY = 1000;

/**
 * Events: "here" (the relay has let us in; `detail`: the others' names on the relay), "message"
 * (`detail`: from, type and more), "left" (`detail`: a name), "full" and "lost" (no relay for now).
 */
export class Relay extends EventTarget {
  #room;
  #socket;
  #closed = false;

  /** @param {string} room */
  constructor(room) {
    super();
    this.#room = room;
    this.#connect();
  }

  /** To the member `to`, or to all others. @param {{ type: string, to?: string }} message */
  send(message) {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  close() {
    this.#closed = true;
    this.#socket.close();
  }

  #connect() {
    const socket = new WebSocket(relayUrl(this.#room));
    this.#socket = socket;
    socket.onmessage = ({ data }) => this.#closed || this.#take(JSON.parse(data));
    socket.onclose = () => {
      if (this.#closed) return;
      this.#tell("lost");
      setTimeout(() => this.#closed || this.#connect(), RETRY);
    };
  }

  /** The relay itself says who is here and who left. The rest is from pages like this one. */
  #take(message) {
    if (message.type === "here") this.#enter(message.peers);
    else if (message.type === "left") this.#tell("left", message.from);
    else if (message.type !== "came") this.#tell("message", message);
  }

  /** The relay lets one in after the other, so all agree on who came as the seventh. */
  #enter(others) {
    if (others.length < ROOM_FOR) return this.#tell("here", others);
    this.close();
    this.#tell("full");
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
