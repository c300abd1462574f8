// How a member publishes and subscribes in Janus' videoroom. A feed is Janus' number of it.
import { Videoroom } from "/harness/page/janus-client.js";
import { publication } from "./publication.js";

/** @implements {import("./sfu-path.js").SfuClient} */
export class JanusSfu {
  #member;
  #url;
  #pc;
  #publisher;
  /** Subscriptions, by the name of the other member. @type {Map<string, Videoroom>} */
  #subscriptions = new Map();

  /** @param {import("./member.js").Member} member @param {string} url */
  constructor(member, url) {
    this.#member = member;
    this.#url = url;
  }

  async publish() {
    const { room, codec, keyFrames } = this.#member.options;
    this.#pc = await publication(this.#member);
    this.#publisher = await Videoroom.enter(this.#url, room);
    return this.#publisher.publish(this.#pc, codec, keyFrames);
  }

  async subscribe(peer, feed) {
    this.#subscriptions.get(peer.name)?.close();
    const videoroom = await Videoroom.enter(this.#url, this.#member.options.room);
    this.#subscriptions.set(peer.name, videoroom);
    await videoroom.subscribe(await peer.connect(this.#member.newConnection(peer)), feed);
  }

  async choose(peer, layer) {
    const video = peer.pc.getTransceivers().find(({ receiver }) => receiver.track.kind === "video");
    await this.#subscriptions.get(peer.name).choose(video.mid, layer);
  }

  close() {
    this.#pc?.close();
    this.#publisher?.close();
    for (const videoroom of this.#subscriptions.values()) videoroom.close();
  }
}
