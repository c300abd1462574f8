// Media from browser to browser: a connection to each other member.

export class P2PPath {
  #member;

  /** @param {import("./member.js").Member} member */
  constructor(member) {
    this.#member = member;
  }

  begin() {}

  /** Another member is there. @param {import("./peer.js").Peer} peer */
  async meet(peer) {
    const pc = await peer.connect(this.#member.newConnection(peer));
    pc.onicecandidate = ({ candidate }) =>
      candidate && this.#member.send({ type: "ice", to: peer.id, candidate });
  }

  /** Both know each other's keys. The member that was there first makes the offer. */
  async admit(peer, { first }) {
    if (!first) return;
    for (const track of this.#member.tracks)
      this.#member.seal(peer.pc.addTransceiver(track, { direction: "sendrecv" }));
    await this.#describe(peer);
  }

  async hear(peer, { type, description, candidate }) {
    if (type === "sdp") await this.#take(peer, description);
    if (type !== "ice") return;
    if (peer.pc.remoteDescription) await peer.pc.addIceCandidate(candidate);
    else peer.candidates.push(candidate);
  }

  close() {}

  async #take(peer, description) {
    const { pc } = peer;
    await pc.setRemoteDescription(description);
    for (const candidate of peer.candidates.splice(0)) await pc.addIceCandidate(candidate);
    if (description.type !== "offer") return;
    for (const transceiver of pc.getTransceivers()) await this.#answer(transceiver);
    await this.#describe(peer);
  }

  #answer(transceiver) {
    const { kind } = transceiver.receiver.track;
    this.#member.seal(transceiver);
    transceiver.direction = "sendrecv";
    return transceiver.sender.replaceTrack(
      this.#member.tracks.find((track) => track.kind === kind),
    );
  }

  async #describe({ id, pc }) {
    await pc.setLocalDescription();
    this.#member.send({ type: "sdp", to: id, description: pc.localDescription });
  }
}
