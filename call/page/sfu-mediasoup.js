// How a member publishes and subscribes with mediasoup-client, which makes the connections. It gives
// senders and receivers to callbacks, in time to protect them. A feed is a list of producers.
import { keepSize, LAYERS } from "/harness/page/media.js";
import { Device } from "/mediasoup/mediasoup-client.js";

/** Kilobits per second. The worker here reports no bandwidth, and Chromium would stay at 300. */
const START_BITRATE = 2_000;

/** @implements {import("./sfu-path.js").SfuClient} */
export class MediasoupSfu {
  #member;
  #url;
  /** @type {Promise<Device>} */
  #device;
  #publisher;
  /** What we receive, by the name of the other member: its transport and its consumer of video. */
  #subscriptions = new Map();

  /** @param {import("./member.js").Member} member @param {string} url */
  constructor(member, url) {
    this.#member = member;
    this.#url = url;
    this.#device = this.#load();
  }

  async publish() {
    this.#publisher = await this.#transport("createSendTransport");
    this.#publisher.on("produce", ({ kind, rtpParameters }, done, failed) =>
      this.#ask("produce", { transport: this.#publisher.id, kind, rtpParameters }).then(
        done,
        failed,
      ),
    );
    const producers = [];
    for (const track of this.#member.tracks) producers.push(await this.#produce(track));
    return producers;
  }

  async subscribe(peer, producers) {
    this.#subscriptions.get(peer.name)?.transport.close();
    const transport = await this.#transport("createRecvTransport");
    const subscription = { transport };
    this.#subscriptions.set(peer.name, subscription);
    await peer.connect(connectionOf(transport));
    for (const producer of producers) {
      const consumer = await this.#consume(peer, transport, producer);
      if (consumer.kind === "video") subscription.video = consumer.id;
    }
  }

  async choose(peer, layer) {
    await this.#ask("layer", { consumer: this.#subscriptions.get(peer.name).video, layer });
  }

  close() {
    const received = [...this.#subscriptions.values()].map(({ transport }) => transport);
    for (const transport of [this.#publisher, ...received]) {
      if (!transport) continue;
      transport.close();
      this.#ask("close", { transport: transport.id }).catch(() => {});
    }
  }

  async #load() {
    const device = await Device.factory();
    await device.load({ routerRtpCapabilities: await this.#ask("capabilities") });
    return device;
  }

  /** @param {"createSendTransport" | "createRecvTransport"} make */
  async #transport(make) {
    const device = await this.#device;
    const additionalSettings = this.#member.configuration();
    const transport = device[make]({ ...(await this.#ask("transport")), additionalSettings });
    transport.on("connect", ({ dtlsParameters }, done, failed) =>
      this.#ask("connect", { transport: transport.id, dtlsParameters }).then(done, failed),
    );
    return transport;
  }

  /** @returns the producer's id */
  async #produce(track) {
    const { codec, simulcast } = this.#member.options;
    const isVideo = track.kind === "video";
    const layers = isVideo && simulcast;
    const { codecs } = (await this.#device).rtpCapabilities;
    const name = `${track.kind}/${isVideo ? codec : "opus"}`;
    let sender;
    const { id } = await this.#publisher.produce({
      track,
      codec: codecs.find(({ mimeType }) => mimeType.toLowerCase() === name),
      encodings: layers ? [...LAYERS].reverse() : undefined,
      codecOptions: isVideo ? { videoGoogleStartBitrate: START_BITRATE } : {},
      onRtpSender: (made) => {
        sender = made;
        this.#member.protect(made, track.kind);
      },
    });
    if (layers) await keepSize(sender);
    return id;
  }

  async #consume(peer, transport, producer) {
    const { rtpCapabilities } = await this.#device;
    const offered = await this.#ask("consume", {
      transport: transport.id,
      producer,
      rtpCapabilities,
    });
    const consumer = await transport.consume({
      ...offered,
      onRtpReceiver: (receiver) => this.#member.open(peer, receiver),
    });
    await this.#ask("resume", { consumer: offered.id });
    return consumer;
  }

  async #ask(what, body = {}) {
    const url = `${this.#url}/${this.#member.options.room}/${what}`;
    const response = await fetch(url, { method: "POST", body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`mediasoup refuses ${what}: ${await response.text()}`);
    return response.json();
  }
}

/** What a peer asks of its connection. */
function connectionOf(transport) {
  return {
    get signalingState() {
      return transport.closed ? "closed" : "stable";
    },
    getStats: () => transport.getStats(),
    close: () => transport.close(),
  };
}
