/** The peer connection of one call between two: what WebRTC needs, and where sealing comes in. */

/** Labels by which both sides name their tracks. They are part of what a frame's tag covers. */
const LABEL = { audio: "microphone", video: "camera" };

/** Events: "state" (`detail`: the connection's state) and "track" (`detail`: the other side's stream). */
export class Connection extends EventTarget {
  #peer;
  #call;
  #from;
  #send;
  #tracks;
  #stream = new MediaStream();
  /** Signals are handled one after the other: a candidate must not overtake its description. */
  #turn = Promise.resolve();

  /**
   * @param {import("../dist/index.js").Call} call
   * @param {{ from: string, tracks: MediaStreamTrack[], send(signal: object): void }} options
   */
  constructor(call, { from, tracks, send }) {
    super();
    this.#call = call;
    this.#from = from;
    this.#tracks = tracks;
    this.#send = send;
    // The flag in here lets Chromium send nothing at all until a sender has its transform.
    this.#peer = new RTCPeerConnection(call.configuration());
    this.#peer.ontrack = ({ receiver }) => this.#opened(receiver);
    this.#peer.onicecandidate = ({ candidate }) => this.#send({ candidate });
    this.#peer.onconnectionstatechange = () => this.#tell("state", this.#peer.connectionState);
  }

  /** Begins; the other side only answers. */
  async offer() {
    this.#addTracks();
    await this.#peer.setLocalDescription();
    this.#send({ description: this.#peer.localDescription });
  }

  /** A signal of the other side. @param {object} signal */
  handle(signal) {
    this.#turn = this.#turn
      .then(() => this.#take(signal))
      .catch(() => this.#tell("state", "failed"));
  }

  /** Sends this track in place of the one of its kind. The sender stays, and stays sealed. */
  async replace(track) {
    const sender = this.#peer.getSenders().find((sender) => sender.track?.kind === track.kind);
    this.#tracks = [...this.#tracks.filter(({ kind }) => kind !== track.kind), track];
    await sender?.replaceTrack(track);
  }

  /** Puts sender and receivers under another call of the same device, once the old one is closed. */
  adopt(call) {
    this.#call = call;
    for (const { sender, receiver } of this.#peer.getTransceivers()) {
      if (sender.track) call.seal(sender, { track: LABEL[sender.track.kind] });
      call.open(receiver, { from: this.#from, track: LABEL[receiver.track.kind] });
    }
  }

  close() {
    this.#peer.onconnectionstatechange = null;
    this.#peer.close();
  }

  async #take({ description, candidate }) {
    if (candidate !== undefined) return this.#peer.addIceCandidate(candidate ?? undefined);
    await this.#peer.setRemoteDescription(description);
    if (description.type !== "offer") return;
    this.#addTracks();
    await this.#peer.setLocalDescription();
    this.#send({ description: this.#peer.localDescription });
  }

  #addTracks() {
    for (const track of this.#tracks) {
      const sender = this.#peer.addTrack(track);
      this.#call.seal(sender, { track: LABEL[track.kind] });
    }
    this.#peer.getTransceivers().forEach(preferVp8);
  }

  #opened(receiver) {
    this.#call.open(receiver, { from: this.#from, track: LABEL[receiver.track.kind] });
    this.#stream.addTrack(receiver.track);
    this.#tell("track", this.#stream);
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

/** The page explains the bytes of VP8 frames; both browsers have it. */
function preferVp8(transceiver) {
  if (transceiver.receiver.track.kind !== "video") return;
  const { codecs } = RTCRtpReceiver.getCapabilities("video");
  const isVp8 = ({ mimeType }) => mimeType.toLowerCase() === "video/vp8";
  transceiver.setCodecPreferences([
    ...codecs.filter(isVp8),
    ...codecs.filter((codec) => !isVp8(codec)),
  ]);
}
