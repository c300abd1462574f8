// One side of a call. `node` drives it: `globalThis.peer(options)` joins a room of the relay, makes
// the call with whoever else is there, and answers questions about it.
import { Sealframe } from "../dist/index.js";
import { Videoroom } from "./janus-client.js";
import { LAYERS, WIDE, camera, keepSize, microphone, prefer, render } from "./media.js";

const TONES = { offer: 440, answer: 660 };
const sleep = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

/**
 * @param {object} options
 * @param {string} options.room
 * @param {"offer" | "answer"} options.role
 * @param {string} options.codec such as "vp8"
 * @param {{ video: string, audio: string }} options.labels
 * @param {string} [options.key] an application key for both senders, in hex
 * @param {string} [options.janus] where the SFU is that media goes through: the offering side then
 *   only sends and the answering side only receives
 * @param {boolean} [options.simulcast] whether to send three layers to it
 * @param {boolean} [options.tap] whether to put the tap in front of the worker
 * @param {boolean} [options.plain] whether to send without sealing
 */
globalThis.peer = async (options) => {
  const side = new Peer(options);
  await side.start();
  globalThis.side = side;
};

class Peer {
  errors = [];
  events = [];
  screens = {};
  #queue = [];

  constructor(options) {
    this.options = options;
    this.channel = new BroadcastChannel(`tap-${options.room}-${options.role}`);
  }

  async start() {
    const { room, role, key, tap, wasmUrl } = this.options;
    const workerUrl = tap ? `/call/tap-worker.js?tap=tap-${room}-${role}` : undefined;
    this.sealframe = await Sealframe.start({ workerUrl, wasmUrl, device: !key, name: `call-${role}` });
    const bytes = key && Uint8Array.from(key.match(/../g), (byte) => parseInt(byte, 16));
    const keys = key && { offer: bytes, answer: bytes };
    this.call = await this.sealframe.join(room, key ? { as: role, keys } : {});
    this.#listen();
    this.socket = await this.#connect(room);
  }

  #listen() {
    this.call.addEventListener("message", ({ to, bytes }) => this.#send({ type: "key", device: to, bytes: base64(bytes) }));
    for (const type of ["state", "error", "restarted"]) {
      this.call.addEventListener(type, ({ state, code, kind, direction, from }) =>
        this.events.push({ type, state, code, kind, direction, from }),
      );
    }
  }

  async #connect(room) {
    const socket = new WebSocket(`ws://${location.host}/relay?room=${room}`);
    // One after the other: signaling messages change the connection's state.
    let last = Promise.resolve();
    socket.onmessage = ({ data }) => {
      last = last.then(() => this.#receive(JSON.parse(data))).catch((error) => this.errors.push(String(error)));
    };
    await new Promise((done, failed) => Object.assign(socket, { onopen: done, onerror: failed }));
    return socket;
  }

  #send(message) {
    this.socket.send(JSON.stringify(message));
  }

  async #receive(message) {
    const { type } = message;
    if (type === "here" && message.peers.length > 0) this.#introduce("hello");
    if (type === "hello" || type === "welcome") await this.#meet(message);
    if (type === "key" && message.device === this.call.self) await this.call.receive(unbase64(message.bytes), message.id);
    if (type === "sdp") await this.#describe(message.description);
    if (type === "feed") await this.#subscribe(message.feed);
    if (type === "ice") await this.#candidate(message.candidate);
  }

  #introduce(type) {
    const { bundle } = this.sealframe;
    this.#send({ type, self: this.call.self, bundle: bundle && base64(bundle.bytes) });
  }

  /** Both know each other's keys before the offer is made. */
  async #meet({ type, self, bundle }) {
    this.other = self;
    if (bundle) await this.call.setMembers([unbase64(bundle)]);
    if (type === "hello") this.#introduce("welcome");
    if (this.options.role === "offer") await (this.options.janus ? this.#publish() : this.#offer());
  }

  async #offer() {
    const pc = this.#newConnection();
    for (const track of this.#tracks()) this.#sealed(pc.addTransceiver(track, { direction: "sendrecv" }));
    await pc.setLocalDescription();
    this.#send({ type: "sdp", description: pc.localDescription });
  }

  async #publish() {
    const pc = this.#newConnection();
    for (const track of this.#tracks()) {
      const sendEncodings = this.options.simulcast && track.kind === "video" ? LAYERS : [{}];
      const transceiver = pc.addTransceiver(track, { direction: "sendonly", sendEncodings });
      this.#sealed(transceiver);
      if (this.options.simulcast) await keepSize(transceiver.sender);
    }
    this.videoroom = await Videoroom.enter(this.options.janus, this.options.room);
    this.#send({ type: "feed", feed: await this.videoroom.publish(pc, this.options.codec) });
  }

  async #subscribe(feed) {
    this.videoroom = await Videoroom.enter(this.options.janus, this.options.room);
    await this.videoroom.subscribe(this.#newConnection(), feed);
  }

  async #describe(description) {
    const pc = this.pc ?? this.#newConnection();
    await pc.setRemoteDescription(description);
    for (const candidate of this.#queue.splice(0)) await pc.addIceCandidate(candidate);
    if (description.type === "offer") await this.#answer(pc);
  }

  async #answer(pc) {
    const tracks = this.#tracks();
    for (const transceiver of pc.getTransceivers()) {
      this.#sealed(transceiver);
      transceiver.direction = "sendrecv";
      await transceiver.sender.replaceTrack(tracks.find(({ kind }) => kind === transceiver.receiver.track.kind));
    }
    await pc.setLocalDescription();
    this.#send({ type: "sdp", description: pc.localDescription });
  }

  async #candidate(candidate) {
    if (this.pc?.remoteDescription) await this.pc.addIceCandidate(candidate);
    else this.#queue.push(candidate);
  }

  #newConnection() {
    const pc = new RTCPeerConnection(this.options.plain ? {} : this.call.configuration());
    pc.onicecandidate = ({ candidate }) => candidate && this.#send({ type: "ice", candidate });
    pc.ontrack = ({ receiver, track }) => {
      this.call.open(receiver, { from: this.other, track: this.options.labels[track.kind] });
      this.screens[track.kind] = render(track, TONES[this.options.role === "offer" ? "answer" : "offer"]);
    };
    this.pc = pc;
    return pc;
  }

  #sealed(transceiver) {
    const { kind } = transceiver.receiver.track;
    if (kind === "video") prefer(transceiver, this.options.codec);
    if (!this.options.plain) this.call.seal(transceiver.sender, { track: this.options.labels[kind] });
  }

  #tracks() {
    return [microphone(TONES[this.options.role]), camera(this.options.simulcast ? WIDE : undefined)];
  }

  /** Waits for the connection and for a first picture, not longer than `limit` milliseconds. */
  async settled(limit) {
    if (this.options.plain) return sleep(2000);
    const end = performance.now() + limit;
    const sends = this.options.janus && this.options.role === "offer";
    while (performance.now() < end) {
      if (this.pc?.connectionState === "connected" && (sends || this.#renders())) return true;
      await sleep(100);
    }
    return false;
  }

  #renders() {
    return this.screens.video?.ok() && this.screens.audio?.ok();
  }

  /** Switches to a simulcast layer and returns the size of the picture, at the latest after `limit`. */
  async layer(substream, limit) {
    const { mid } = this.pc.getTransceivers().find(({ receiver }) => receiver.track.kind === "video");
    const wanted = WIDE.width >> (2 - substream);
    const end = performance.now() + limit;
    for (let i = 0; ; i++) {
      // Janus changes with a key frame; asked again, it requests another.
      if (i % 10 === 0) await this.videoroom.choose(mid, substream);
      const { frameWidth, frameHeight } = (await this.#inbound()).find(({ kind }) => kind === "video");
      const there = frameWidth === wanted && this.#renders();
      if (there || performance.now() > end) return `${frameWidth}x${frameHeight}`;
      await sleep(100);
    }
  }

  async #inbound() {
    return [...(await this.pc.getStats()).values()].filter(({ type }) => type === "inbound-rtp");
  }

  async report() {
    const inbound = await this.#inbound();
    const video = inbound.find(({ kind }) => kind === "video");
    return {
      version: navigator.userAgent,
      connection: this.pc.connectionState,
      stats: await this.call.stats(),
      framesDecoded: video?.framesDecoded ?? 0,
      packetsReceived: inbound.reduce((sum, { packetsReceived }) => sum + packetsReceived, 0),
      pictureSeen: this.screens.video?.ok() ?? false,
      audioHeard: this.screens.audio?.ok() ?? false,
      census: this.options.tap ? await this.#ask("census") : undefined,
      events: this.events,
      errors: this.errors,
    };
  }

  /** What the tap kept, a part at a time. */
  async frames(count) {
    const frames = await this.#ask("frames", { count });
    return frames.map(({ wire, ...frame }) => ({ ...frame, wire: base64(wire) }));
  }

  async stop() {
    this.pc?.close();
    this.videoroom?.close();
    this.socket.close();
    await this.sealframe.close();
  }

  #ask(ask, fields) {
    const id = crypto.randomUUID();
    return new Promise((done, failed) => {
      const timer = setTimeout(() => failed(new Error(`the tap does not answer: ${ask}`)), 5000);
      const hear = ({ data }) => {
        if (data.answer !== id) return;
        clearTimeout(timer);
        this.channel.removeEventListener("message", hear);
        done(data.value);
      };
      this.channel.addEventListener("message", hear);
      this.channel.postMessage({ ask, id, ...fields });
    });
  }
}

function base64(bytes) {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

function unbase64(text) {
  return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
}
