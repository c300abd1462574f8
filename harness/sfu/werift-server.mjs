// An SFU for tests, on werift: WebRTC in JavaScript. Publishers come by WHIP (RFC 9725), subscribers
// by WHEP (draft-ietf-wish-whep). It forwards RTP packets and asks for key frames, and has no layers.
//
//   POST   /FEED/whip, /FEED/whep      an offer; the answer comes with the session's Location
//   DELETE /FEED/whip/NUMBER, …        ends the session
//
// usage: node werift-server.mjs PORT MEDIA, such as: node werift-server.mjs 8080 127.0.0.1
import { createServer } from "node:http";
import { MediaStreamTrack, RTCPeerConnection, RTCRtpCodecParameters } from "werift";
import { sleep } from "../sleep.js";

/** Milliseconds that a subscriber waits for the publisher's first packets. */
const PATIENCE = 10_000;
/** Milliseconds between requests for a key frame until a subscriber has one. */
const REPEAT = 500;

const OPUS = { mimeType: "audio/opus", clockRate: 48000, channels: 2 };
const FEEDBACK = [{ type: "nack" }, { type: "nack", parameter: "pli" }];

const [port, media] = process.argv.slice(2);
/** @type {Map<string, Feed>} */
const feeds = new Map();
/** Connections by the path of their session. @type {Map<string, RTCPeerConnection>} */
const sessions = new Map();
let count = 0;

/** What one publisher sends: a track of each kind. */
class Feed {
  /** Its tracks by kind, once their first packet came. @type {Map<string, object>} */
  #sources = new Map();
  /** The tracks of its subscribers. @type {Set<MediaStreamTrack>} */
  #outputs = new Set();

  /** @param {string} offer which names the codec of the video first */
  constructor(offer) {
    this.codec = firstCodec(offer);
    this.pc = connection(this.codec);
    this.pc.onTransceiverAdded.subscribe((transceiver) =>
      transceiver.onTrack.subscribe((track) => this.#receive(track, transceiver.receiver)),
    );
  }

  async isPublished() {
    const end = Date.now() + PATIENCE;
    while (this.#sources.size < this.pc.getTransceivers().length && Date.now() < end)
      await sleep(20);
    return this.#sources.size > 0;
  }

  /** Makes a connection that gets the feed. */
  async subscribe(offer) {
    const pc = connection(this.codec);
    await pc.setRemoteDescription({ type: "offer", sdp: offer });
    for (const transceiver of pc.getTransceivers()) {
      const out = new MediaStreamTrack({ kind: transceiver.kind });
      this.#outputs.add(out);
      transceiver.setDirection("sendonly");
      await transceiver.sender.replaceTrack(out);
      transceiver.sender.onPictureLossIndication.subscribe(() => this.#ask());
      pc.connectionStateChange.subscribe((state) => this.#changed(state, out));
    }
    return pc;
  }

  #receive(track, receiver) {
    track.onReceiveRtp.subscribe((packet) => {
      this.#sources.set(track.kind, { track, receiver });
      for (const out of this.#outputs) if (out.kind === track.kind) out.writeRtp(plain(packet));
    });
  }

  #changed(state, out) {
    if (state === "connected" && out.kind === "video") this.#insist(out);
    if (state === "closed" || state === "failed") this.#outputs.delete(out);
  }

  /** Chromium drops a request for a key frame now and then. */
  async #insist(out) {
    for (let i = 0; i < 3 && this.#outputs.has(out); i++, await sleep(REPEAT)) this.#ask();
  }

  #ask() {
    const { track, receiver } = this.#sources.get("video") ?? {};
    receiver?.sendRtcpPLI(track.ssrc);
  }
}

/** A connection that knows Opus and one codec of video. */
function connection(codec) {
  const video = { mimeType: codec, clockRate: 90000, rtcpFeedback: FEEDBACK };
  return new RTCPeerConnection({
    iceAdditionalHostAddresses: [media],
    iceUseIpv6: false,
    iceTcpPassive: false,
    codecs: {
      audio: [new RTCRtpCodecParameters(OPUS)],
      video: [new RTCRtpCodecParameters(video)],
    },
  });
}

function firstCodec(offer) {
  const [, first] = /^m=video \d+ \S+ (\d+)/m.exec(offer);
  const [, name] = new RegExp(`^a=rtpmap:${first} ([^/]+)`, "m").exec(offer);
  return `video/${name}`;
}

/** A packet without extensions: they have other numbers at the subscriber. */
function plain(packet) {
  const copy = packet.clone();
  copy.header.extension = false;
  copy.header.extensions = [];
  return copy;
}

/** @returns the connection, with its answer as local description */
async function join(name, role, offer) {
  if (role === "whip") {
    const feed = new Feed(offer);
    feeds.set(name, feed);
    await feed.pc.setRemoteDescription({ type: "offer", sdp: offer });
    return feed.pc;
  }
  const feed = feeds.get(name);
  if (role === "whep" && feed && (await feed.isPublished())) return feed.subscribe(offer);
}

async function answer(request, response, body) {
  const path = request.url.slice(1);
  const [name, role] = path.split("/");
  if (request.method === "OPTIONS") return response.writeHead(204).end();
  if (request.method === "DELETE") {
    await sessions.get(path)?.close();
    sessions.delete(path);
    return response.writeHead(200).end();
  }
  const pc = request.method === "POST" && (await join(name, role, body));
  if (!pc) return response.writeHead(404).end("nothing is published under this name");
  await pc.setLocalDescription(await pc.createAnswer());
  const session = `${name}/${role}/${++count}`;
  sessions.set(session, pc);
  const headers = { "content-type": "application/sdp", location: `/${session}` };
  response.writeHead(201, headers).end(pc.localDescription.sdp);
}

const server = createServer(async (request, response) => {
  response.setHeader("access-control-allow-origin", "*");
  response.setHeader("access-control-allow-headers", "content-type");
  response.setHeader("access-control-allow-methods", "POST, DELETE");
  response.setHeader("access-control-expose-headers", "location");
  let body = "";
  for await (const chunk of request.setEncoding("utf8")) body += chunk;
  await answer(request, response, body).catch((error) =>
    response.writeHead(400).end(String(error.stack)),
  );
});
server.listen(Number(port), "127.0.0.1", () => console.log("ready"));
