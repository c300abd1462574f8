// Media via an SFU: each member publishes once, whether others are there or not, and subscribes to
// each other member.
import { Videoroom } from "/harness/page/janus-client.js";
import { keepSize, LAYERS, WIDE } from "/harness/page/media.js";
import { sleep } from "/harness/sleep.js";

/**
 * Looks between two requests for a layer. Janus changes layers with a key frame; a request asks for
 * one.
 */
const PATIENCE = 10;

export class SfuPath {
  #member;
  #feed;
  #pc;
  #publisher;
  /** Subscriptions, by the name of the other member. @type {Map<string, Videoroom>} */
  #subscriptions = new Map();
  /** Members that may hear of our feed, by name. @type {Map<string, import("./peer.js").Peer>} */
  #admitted = new Map();

  /** @param {import("./member.js").Member} member */
  constructor(member) {
    this.#member = member;
  }

  async begin() {
    this.#feed = await this.#publish();
    for (const peer of this.#admitted.values()) this.#announce(peer);
  }

  meet() {}

  /** Both know each other's keys. */
  admit(peer) {
    this.#admitted.set(peer.name, peer);
    if (this.#feed) this.#announce(peer);
  }

  async hear(peer, { type, feed }) {
    if (type === "feed") await this.#subscribe(peer, feed);
  }

  /**
   * Switches to a simulcast layer; 0 is the smallest.
   * @returns the picture's size, at the latest after `limit`
   */
  async layer(peer, substream, limit) {
    const { mid } = peer.pc
      .getTransceivers()
      .find(({ receiver }) => receiver.track.kind === "video");
    const wanted = WIDE.width >> (2 - substream);
    const end = performance.now() + limit;
    for (let look = 0; ; look++) {
      if (look % PATIENCE === 0) await this.#subscriptions.get(peer.name).choose(mid, substream);
      const { frameWidth, frameHeight } = await inboundVideo(peer.pc);
      const isThere = frameWidth === wanted && peer.isSeen();
      if (isThere || performance.now() > end) return `${frameWidth}x${frameHeight}`;
      await sleep(100);
    }
  }

  close() {
    this.#pc?.close();
    this.#publisher?.close();
    for (const videoroom of this.#subscriptions.values()) videoroom.close();
  }

  async #publish() {
    const { janus, room, codec, simulcast, keyFrames } = this.#member.options;
    await this.#member.stateRoster();
    this.#pc = new RTCPeerConnection(this.#member.configuration());
    for (const track of this.#member.tracks) {
      const sendEncodings = simulcast && track.kind === "video" ? LAYERS : [{}];
      const transceiver = this.#pc.addTransceiver(track, { direction: "sendonly", sendEncodings });
      this.#member.seal(transceiver);
      if (simulcast) await keepSize(transceiver.sender);
    }
    this.#publisher = await Videoroom.enter(janus, room);
    return this.#publisher.publish(this.#pc, codec, keyFrames);
  }

  #announce({ id }) {
    this.#member.send({ type: "feed", to: id, feed: this.#feed });
  }

  async #subscribe(peer, feed) {
    const { janus, room } = this.#member.options;
    this.#subscriptions.get(peer.name)?.close();
    const videoroom = await Videoroom.enter(janus, room);
    this.#subscriptions.set(peer.name, videoroom);
    await videoroom.subscribe(await peer.connect(this.#member.newConnection(peer)), feed);
  }
}

async function inboundVideo(pc) {
  const rows = [...(await pc.getStats()).values()];
  return rows.find(({ type, kind }) => type === "inbound-rtp" && kind === "video") ?? {};
}
