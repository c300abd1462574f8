// The relay of the server: JSON messages to one member or to all.

export class Signaling {
  #socket;

  constructor(socket) {
    this.#socket = socket;
  }

  /**
   * Enters a room. Messages wait for `ready`; then `receive` handles one after the other.
   * @param {string} room @param {Promise<unknown>} ready
   * @param {(message: any) => unknown} receive @param {(error: unknown) => void} failed
   */
  static async open(room, ready, receive, failed) {
    const socket = new WebSocket(`ws://${location.host}/relay?room=${room}`);
    let last = ready;
    socket.onmessage = ({ data }) => {
      last = last.then(() => receive(JSON.parse(data))).catch(failed);
    };
    await new Promise((done, failed) => Object.assign(socket, { onopen: done, onerror: failed }));
    return new Signaling(socket);
  }

  /** Sends to all others in the room, or to the one that `message.to` names. */
  send(message) {
    this.#socket.send(JSON.stringify(message));
  }

  close() {
    this.#socket.close();
  }
}
