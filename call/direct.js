// The way of media from browser to browser: one side offers, the other answers.

export class Direct {
  #queue = [];

  /** @param {import("./page.js").Peer} peer */
  constructor(peer) {
    this.peer = peer;
  }

  async begin() {}

  /** The other side is there, and knows our keys. */
  async met() {
    if (this.peer.options.role !== "offer") return;
    const pc = await this.#connect();
    for (const track of this.peer.tracks()) this.peer.seal(pc.addTransceiver(track, { direction: "sendrecv" }));
    await pc.setLocalDescription();
    this.peer.send({ type: "sdp", description: pc.localDescription });
  }

  async hear({ type, description, candidate }) {
    if (type === "sdp") await this.#describe(description);
    if (type === "ice") await this.#candidate(candidate);
  }

  close() {}

  async #connect() {
    const pc = await this.peer.connect();
    pc.onicecandidate = ({ candidate }) => candidate && this.peer.send({ type: "ice", candidate });
    return pc;
  }

  /** An offer while there is a connection: the other side began anew. */
  async #describe(description) {
    const offered = description.type === "offer";
    const pc = offered ? await this.#connect() : this.peer.pc;
    await pc.setRemoteDescription(description);
    for (const candidate of this.#queue.splice(0)) await pc.addIceCandidate(candidate);
    if (offered) await this.#answer(pc);
  }

  async #answer(pc) {
    const tracks = this.peer.tracks();
    for (const transceiver of pc.getTransceivers()) {
      this.peer.seal(transceiver);
      transceiver.direction = "sendrecv";
      await transceiver.sender.replaceTrack(tracks.find(({ kind }) => kind === transceiver.receiver.track.kind));
    }
    await pc.setLocalDescription();
    this.peer.send({ type: "sdp", description: pc.localDescription });
  }

  async #candidate(candidate) {
    if (this.peer.pc?.remoteDescription) await this.peer.pc.addIceCandidate(candidate);
    else this.#queue.push(candidate);
  }
}
