// How a member publishes by WHIP and subscribes by WHEP. A feed is a name that the publisher drew.
import { prefer } from "/harness/page/media.js";
import { WhipSession } from "/harness/page/whip-client.js";
import { publication } from "./publication.js";

/** The names of LAYERS (harness/page/media.js), the smallest first. */
const RIDS = ["l", "m", "h"];

/** @implements {import("./sfu-path.js").SfuClient} */
export class WhipSfu {
  #member;
  #url;
  #pc;
  #publisher;
  /** Subscriptions, by the name of the other member. @type {Map<string, WhipSession>} */
  #subscriptions = new Map();

  /**
   * @param {import("./member.js").Member} member
   * @param {string} url of WHIP, with "{feed}" where the name of the feed goes. The address of WHEP
   *   has "whep" where this one last has "whip".
   */
  constructor(member, url) {
    this.#member = member;
    this.#url = url;
  }

  async publish() {
    const feed = crypto.randomUUID();
    this.#pc = await publication(this.#member);
    this.#publisher = await WhipSession.open(this.#url.replaceAll("{feed}", feed), this.#pc);
    return feed;
  }

  async subscribe(peer, feed) {
    this.#subscriptions.get(peer.name)?.close();
    const pc = await peer.connect(this.#member.newConnection(peer));
    this.#receive(pc);
    const url = this.#url.replace(/whip(?!.*whip)/s, "whep").replaceAll("{feed}", feed);
    this.#subscriptions.set(peer.name, await WhipSession.open(url, pc));
  }

  async choose(peer, layer) {
    await this.#subscriptions.get(peer.name).choose(RIDS[layer]);
  }

  close() {
    this.#pc?.close();
    this.#publisher?.close();
    for (const session of this.#subscriptions.values()) session.close();
  }

  /** A subscriber makes the offer, so it names the codecs. */
  #receive(pc) {
    const { codec, audio } = this.#member.options;
    for (const [kind, wanted] of Object.entries({ audio, video: codec })) {
      const transceiver = pc.addTransceiver(kind, { direction: "recvonly" });
      if (wanted) prefer(transceiver, wanted);
    }
  }
}
