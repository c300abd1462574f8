// The way of media by an SFU: the offering side publishes, whoever else is there or not; each
// answering side subscribes to what it is told of, again whenever it is told of something new.
import { Videoroom } from "./janus-client.js";
import { LAYERS, WIDE, keepSize } from "./media.js";
import { sleep } from "./sleep.js";

export class Forwarded {
  #feed;

  /** @param {import("./page.js").Peer} peer */
  constructor(peer) {
    this.peer = peer;
  }

  async begin() {
    if (this.peer.options.role === "offer") this.#feed = await this.#publish();
  }

  /** The other side is there, and knows our keys. */
  async met() {
    if (this.#feed) this.peer.send({ type: "feed", feed: this.#feed });
  }

  async hear({ type, feed }) {
    if (type === "feed") await this.#subscribe(feed);
  }

  /** Switches to a simulcast layer and returns the size of the picture, at the latest after `limit`. */
  async layer(substream, limit) {
    const { mid } = this.peer.pc.getTransceivers().find(({ receiver }) => receiver.track.kind === "video");
    const wanted = WIDE.width >> (2 - substream);
    const end = performance.now() + limit;
    for (let i = 0; ; i++) {
      // Janus changes with a key frame; asked again, it requests another.
      if (i % 10 === 0) await this.videoroom.choose(mid, substream);
      const { frameWidth, frameHeight } = (await this.peer.inbound()).find(({ kind }) => kind === "video");
      const there = frameWidth === wanted && this.peer.renders();
      if (there || performance.now() > end) return `${frameWidth}x${frameHeight}`;
      await sleep(100);
    }
  }

  close() {
    this.videoroom?.close();
  }

  async #publish() {
    const { janus, room, codec, simulcast, keyFrames } = this.peer.options;
    const pc = await this.peer.connect();
    for (const track of this.peer.tracks()) {
      const layered = simulcast && track.kind === "video";
      const transceiver = pc.addTransceiver(track, { direction: "sendonly", sendEncodings: layered ? LAYERS : [{}] });
      this.peer.seal(transceiver);
      if (simulcast) await keepSize(transceiver.sender);
    }
    this.videoroom = await Videoroom.enter(janus, room);
    return this.videoroom.publish(pc, codec, keyFrames);
  }

  async #subscribe(feed) {
    const { janus, room } = this.peer.options;
    this.videoroom?.close();
    this.videoroom = await Videoroom.enter(janus, room);
    await this.videoroom.subscribe(await this.peer.connect(), feed);
  }
}
