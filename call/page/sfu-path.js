// Media via an SFU: each member publishes once, whether others are there or not, and subscribes to
// each other member. A client (sfu-*.js) knows how to do so with one kind of server.
import { WIDE } from "/harness/page/media.js";
import { sleep } from "/harness/sleep.js";

/**
 * @typedef {object} SfuClient
 * @property {() => Promise<unknown>} publish sends our tracks, and returns the feed: what the others
 *   need to know of it
 * @property {(peer: import("./peer.js").Peer, feed: unknown) => Promise<void>} subscribe receives
 *   what the peer published; replaces an earlier subscription
 * @property {(peer: import("./peer.js").Peer, layer: number) => Promise<void>} choose asks for a
 *   simulcast layer; 0 is the smallest
 * @property {() => void} close
 */

const CLIENTS = {
  janus: async () => (await import("./sfu-janus.js")).JanusSfu,
  mediasoup: async () => (await import("./sfu-mediasoup.js")).MediasoupSfu,
  whip: async () => (await import("./sfu-whip.js")).WhipSfu,
};

/**
 * Looks between two requests for a layer. An SFU changes layers with a key frame; a request asks
 * for one.
 */
const PATIENCE = 10;

export class SfuPath {
  #member;
  #feed;
  /** @type {Promise<SfuClient>} */
  #client;
  /** Members that may hear of our feed, by name. @type {Map<string, import("./peer.js").Peer>} */
  #admitted = new Map();

  /** @param {import("./member.js").Member} member */
  constructor(member) {
    this.#member = member;
    const { client, url } = member.options.sfu;
    this.#client = CLIENTS[client]().then((Client) => new Client(member, url));
  }

  async begin() {
    await this.#member.stateRoster();
    this.#feed = await (await this.#client).publish();
    for (const peer of this.#admitted.values()) this.#announce(peer);
  }

  meet() {}

  /** Both know each other's keys. */
  admit(peer) {
    this.#admitted.set(peer.name, peer);
    if (this.#feed) this.#announce(peer);
  }

  async hear(peer, { type, feed }) {
    if (type === "feed") await (await this.#client).subscribe(peer, feed);
  }

  /**
   * Switches to a simulcast layer; 0 is the smallest.
   * @returns the picture's size, at the latest after `limit`
   */
  async layer(peer, layer, limit) {
    const client = await this.#client;
    const wanted = WIDE.width >> (2 - layer);
    const end = performance.now() + limit;
    for (let look = 0; ; look++) {
      if (look % PATIENCE === 0) await client.choose(peer, layer);
      const { frameWidth, frameHeight } = await inboundVideo(peer.pc);
      const isThere = frameWidth === wanted && peer.isSeen();
      if (isThere || performance.now() > end) return `${frameWidth}x${frameHeight}`;
      await sleep(100);
    }
  }

  async close() {
    (await this.#client).close();
  }

  #announce({ id }) {
    this.#member.send({ type: "feed", to: id, feed: this.#feed });
  }
}

async function inboundVideo(pc) {
  const rows = [...(await pc.getStats()).values()];
  return rows.find(({ type, kind }) => type === "inbound-rtp" && kind === "video") ?? {};
}
