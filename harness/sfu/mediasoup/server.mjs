// A mediasoup SFU for tests: one router for each room, and JSON by POST to /ROOM/WHAT.
//
// usage: node server.mjs PORT MEDIA PACKAGES, where PACKAGES is the folder with node_modules. The
// environment names the worker: MEDIASOUP_WORKER_BIN.
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { join } from "node:path";

const [port, media, packages] = process.argv.slice(2);
const mediasoup = createRequire(join(packages, "package.json"))("mediasoup");

/** Bits per second that a receiver is assumed to get: nobody estimates its bandwidth. */
const OUTGOING = 5_000_000;
const FEEDBACK = [
  { type: "nack" },
  { type: "nack", parameter: "pli" },
  { type: "ccm", parameter: "fir" },
];
const H264 = {
  "level-asymmetry-allowed": 1,
  "packetization-mode": 1,
  "profile-level-id": "42e01f",
};
/** No RED: all ends would have to pass it through. */
const CODECS = [
  { kind: "audio", mimeType: "audio/opus", clockRate: 48000, channels: 2 },
  video("video/VP8"),
  video("video/VP9", { "profile-id": 0 }),
  video("video/H264", H264),
  video("video/AV1"),
];

const worker = await mediasoup.createWorker({ logLevel: "warn" });
worker.on("died", (error) => {
  console.error(error);
  process.exit(1);
});
/** @type {Map<string, Promise<Room>>} */
const rooms = new Map();

function video(mimeType, parameters = {}) {
  return { kind: "video", mimeType, clockRate: 90000, parameters, rtcpFeedback: FEEDBACK };
}

/** What clients can ask for. */
class Room {
  #router;
  #transports = new Map();
  #consumers = new Map();
  /** Of producers, by their ids. */
  #appData = new Map();

  constructor(router) {
    this.#router = router;
  }

  static async make() {
    return new Room(await worker.createRouter({ mediaCodecs: CODECS }));
  }

  capabilities() {
    return this.#router.rtpCapabilities;
  }

  async transport() {
    const transport = await this.#router.createWebRtcTransport({
      listenInfos: [{ protocol: "udp", ip: media }],
      initialAvailableOutgoingBitrate: OUTGOING,
    });
    this.#transports.set(transport.id, transport);
    const { id, iceParameters, iceCandidates, dtlsParameters } = transport;
    return { id, iceParameters, iceCandidates, dtlsParameters };
  }

  connect({ transport, dtlsParameters }) {
    return this.#transports.get(transport).connect({ dtlsParameters });
  }

  /** The label of a track travels in `appData`, from the producer to its consumers. */
  async produce({ transport, kind, rtpParameters, appData }) {
    const { id } = await this.#transports.get(transport).produce({ kind, rtpParameters });
    this.#appData.set(id, appData);
    return { id };
  }

  /** A consumer is paused, so that no key frame is lost before the client is ready. */
  async consume({ transport, producer, rtpCapabilities }) {
    const consumer = await this.#transports.get(transport).consume({
      producerId: producer,
      rtpCapabilities: withoutEstimation(rtpCapabilities),
      paused: true,
    });
    this.#consumers.set(consumer.id, consumer);
    const { id, kind, rtpParameters } = consumer;
    return { id, producerId: producer, kind, rtpParameters, appData: this.#appData.get(producer) };
  }

  resume({ consumer }) {
    return this.#consumers.get(consumer).resume();
  }

  layer({ consumer, layer }) {
    return this.#consumers.get(consumer).setPreferredLayers({ spatialLayer: layer });
  }

  close({ transport }) {
    this.#transports.get(transport)?.close();
    this.#transports.delete(transport);
  }
}

/** What a receiver can, so that mediasoup sends the layer that was asked for, and no smaller one. */
function withoutEstimation({ codecs, headerExtensions, ...others }) {
  const isNone = ({ type }) => type !== "transport-cc" && type !== "goog-remb";
  return {
    ...others,
    codecs: codecs.map((codec) => ({ ...codec, rtcpFeedback: codec.rtcpFeedback.filter(isNone) })),
    headerExtensions: headerExtensions.filter(
      ({ uri }) => !/transport-wide-cc|abs-send-time/.test(uri),
    ),
  };
}

const WHAT = [
  "capabilities",
  "transport",
  "connect",
  "produce",
  "consume",
  "resume",
  "layer",
  "close",
];

async function answer(url, body) {
  const [, name, what] = url.split("/");
  if (!WHAT.includes(what)) throw new Error(`there is no ${url}`);
  if (!rooms.has(name)) rooms.set(name, Room.make());
  const room = await rooms.get(name);
  return (await room[what](body ? JSON.parse(body) : {})) ?? {};
}

const server = createServer(async (request, response) => {
  response.setHeader("access-control-allow-origin", "*");
  response.setHeader("access-control-allow-headers", "content-type");
  if (request.method === "OPTIONS") return response.end();
  let body = "";
  for await (const chunk of request.setEncoding("utf8")) body += chunk;
  try {
    response.end(JSON.stringify(await answer(request.url, body)));
  } catch (error) {
    response.writeHead(400).end(String(error));
  }
});
server.listen(Number(port), "127.0.0.1", () => console.log("ready"));
