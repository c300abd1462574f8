/** A peer connection with one other member: what WebRTC needs, and where sealing comes in. */

/**
 * What each member sends, in the order of the descriptions. The labels are part of what a frame's
 * tag covers. A screen has its place from the start, so sharing it needs no negotiation.
 */
export const TRACKS = [
  { label: "microphone", kind: "audio" },
  { label: "camera", kind: "video" },
  { label: "screen", kind: "video" },
];

/** Events: "state" (`detail`: the connection's state) and "track" (`detail`: label and track). */
export class Connection extends EventTarget {
  #peer;
  #side;
  #from;
  #send;
  #media;
  #offers;
  #others = 1;
  #prepared = false;
  /** Candidates that came before the first description. */
  #early = [];

  /**
   * @param {import("./side.js").Side} side
   * @param {{ from: string, offers: boolean, media: { tracks: Record<string, MediaStreamTrack | null> }, send(signal: object): void }} options
   *   `offers`: whether it is us who offer, `media.tracks`: what we send now, by label
   */
  constructor(side, { from, offers, media, send }) {
    super();
    this.#side = side;
    this.#from = from;
    this.#offers = offers;
    this.#media = media;
    this.#send = send;
    this.#peer = new RTCPeerConnection(side.configuration());
    this.#peer.ontrack = ({ transceiver }) => this.#opened(transceiver);
    this.#peer.onicecandidate = ({ candidate }) => this.#send({ candidate });
    this.#peer.onconnectionstatechange = () => this.#changed(this.#peer.connectionState);
  }

  /** Begins, if it is us who offer. */
  async begin() {
    if (!this.#offers) return;
    for (const { label, kind } of TRACKS) {
      const what = this.#media.tracks[label] ?? kind;
      const transceiver = this.#peer.addTransceiver(what, { direction: "sendrecv" });
      this.#side.seal(transceiver.sender, label);
      preferVp8(transceiver);
    }
    this.#prepared = true;
    await this.#offer();
  }

  /** A signal of the other side. */
  async hear({ description, candidate }) {
    if (description) return this.#take(description);
    if (this.#peer.remoteDescription) await this.#add(candidate);
    else this.#early.push(candidate);
  }

  /** Sends this track, or nothing, under a label. The sender stays, and stays sealed. */
  async replace(label, track) {
    await this.#transceiver(label)?.sender.replaceTrack(track);
  }

  /** Puts senders and receivers under the call that the side is in now. */
  adopt() {
    for (const transceiver of this.#peer.getTransceivers()) {
      this.#side.seal(transceiver.sender, this.#labelOf(transceiver));
      this.#open(transceiver);
    }
  }

  /** Pictures are smaller in a larger room. @param {number} others how many this page sends to */
  async suit(others) {
    this.#others = others;
    const sender = this.#transceiver("camera")?.sender;
    if (!sender || this.#peer.connectionState !== "connected") return;
    const parameters = sender.getParameters();
    if (!parameters.encodings?.length) return;
    Object.assign(parameters.encodings[0], limits(others));
    // A browser that refuses this sends larger pictures. The call goes on.
    await sender.setParameters(parameters).catch(() => {});
  }

  /** The receiver of the other side's voice. @returns {RTCRtpReceiver | undefined} */
  get voice() {
    return this.#transceiver("microphone")?.receiver;
  }

  close() {
    this.#peer.onconnectionstatechange = null;
    this.#peer.close();
  }

  /** A candidate of an earlier connection, or one that came too late, does not fit. Others follow. */
  async #add(candidate) {
    await this.#peer.addIceCandidate(candidate ?? undefined).catch(() => {});
  }

  async #offer(options) {
    await this.#peer.setLocalDescription(await this.#peer.createOffer(options));
    this.#send({ description: this.#peer.localDescription });
  }

  async #take(description) {
    await this.#peer.setRemoteDescription(description);
    for (const candidate of this.#early.splice(0)) await this.#add(candidate);
    if (description.type === "offer") await this.#answer();
  }

  async #answer() {
    if (!this.#prepared) await this.#takePlaces();
    this.#prepared = true;
    await this.#peer.setLocalDescription();
    this.#send({ description: this.#peer.localDescription });
  }

  async #takePlaces() {
    for (const transceiver of this.#peer.getTransceivers()) {
      const label = this.#labelOf(transceiver);
      preferVp8(transceiver);
      transceiver.direction = "sendrecv";
      this.#side.seal(transceiver.sender, label);
      await transceiver.sender.replaceTrack(this.#media.tracks[label] ?? null);
    }
  }

  #opened(transceiver) {
    this.#open(transceiver);
    this.#tell("track", { label: this.#labelOf(transceiver), track: transceiver.receiver.track });
  }

  #open(transceiver) {
    this.#side.open(transceiver.receiver, { from: this.#from, track: this.#labelOf(transceiver) });
  }

  #changed(state) {
    this.#tell("state", state);
    if (state === "connected") this.suit(this.#others);
    if (state === "failed" && this.#offers)
      this.#offer({ iceRestart: true }).catch(() => this.#tell("state", "closed"));
  }

  #transceiver(label) {
    const at = TRACKS.findIndex((track) => track.label === label);
    return this.#peer.getTransceivers()[at];
  }

  #labelOf(transceiver) {
    return TRACKS[this.#peer.getTransceivers().indexOf(transceiver)].label;
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

/** In a mesh each page encodes its picture once for each other. @param {number} others */
function limits(others) {
  if (others < 2) return { scaleResolutionDownBy: 1, maxBitrate: 800_000, maxFramerate: 24 };
  if (others < 4) return { scaleResolutionDownBy: 2, maxBitrate: 300_000, maxFramerate: 15 };
  return { scaleResolutionDownBy: 2, maxBitrate: 200_000, maxFramerate: 10 };
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
