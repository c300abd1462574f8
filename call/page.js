// One side of a call. `node` drives it: `globalThis.peer(options)` joins a room of the relay, makes
// the call with whoever else is there, and answers questions about it.
import { Sealframe } from "../dist/index.js";
import { Direct } from "./direct.js";
import { Forwarded } from "./forwarded.js";
import { WIDE, camera, microphone, prefer, render } from "./media.js";
import { Pulse } from "./pulse.js";
import { sleep } from "./sleep.js";
import { Tap } from "./tap.js";

const TONES = { offer: 440, answer: 660 };
/** So many frames are enough to judge a stream by. */
const ENOUGH = 21;

/**
 * @param {object} options
 * @param {string} options.room
 * @param {"offer" | "answer"} options.role
 * @param {string} options.codec such as "vp8"
 * @param {string} [options.audio] such as "red"; without it, what the browser likes best
 * @param {{ video: string, audio: string }} options.labels
 * @param {string} [options.key] an application key for both senders, in hex
 * @param {string} [options.janus] where the SFU is that media goes through: the offering side then
 *   only sends and the answering side only receives
 * @param {boolean} [options.simulcast] whether to send three layers to it
 * @param {number} [options.keyFrames] how often it asks for a key frame, in seconds
 * @param {boolean} [options.tap] whether to put the tap in front of the worker
 * @param {boolean} [options.pulse] whether to keep when pictures and tones came
 * @param {boolean} [options.plain] whether to send without sealing
 */
globalThis.peer = async (options) => {
  const side = new Peer(options);
  globalThis.side = side;
  await side.start();
};

export class Peer {
  errors = [];
  events = [];
  screens = {};
  /** Bundles by who the relay says they are of. */
  #members = new Map();
  /** Pictures of connections before this one. */
  #decodedBefore = 0;

  constructor(options) {
    this.options = options;
    this.tap = new Tap(`tap-${options.room}-${options.role}`);
    this.path = options.janus ? new Forwarded(this) : new Direct(this);
    if (options.pulse) this.pulse = new Pulse(() => this);
  }

  async start() {
    const { room, role, key, tap, wasmUrl } = this.options;
    const workerUrl = tap ? `/call/tap-worker.js?tap=tap-${room}-${role}` : undefined;
    this.sealframe = await Sealframe.start({ workerUrl, wasmUrl, device: !key, name: `call-${role}` });
    const bytes = key && Uint8Array.from(key.match(/../g), (byte) => parseInt(byte, 16));
    const keys = key && { offer: bytes, answer: bytes };
    this.call = await this.sealframe.join(room, key ? { as: role, keys } : {});
    this.#listen();
    await this.#enrol(); // nobody is a roster too: whoever sends before others come has its key
    await this.path.begin();
    this.socket = await this.#relay(room);
  }

  #listen() {
    this.call.addEventListener("message", ({ to, bytes }) => this.send({ type: "key", device: to, bytes: base64(bytes) }));
    for (const type of ["state", "error", "restarted", "leak-stopped"]) {
      this.call.addEventListener(type, ({ state, code, kind, direction, from }) =>
        this.events.push({ type, state, code, kind, direction, from }),
      );
    }
  }

  async #relay(room) {
    const socket = new WebSocket(`ws://${location.host}/relay?room=${room}`);
    // One after the other: signaling messages change the connection's state.
    let last = Promise.resolve();
    socket.onmessage = ({ data }) => {
      last = last.then(() => this.#receive(JSON.parse(data))).catch((error) => this.errors.push(String(error)));
    };
    await new Promise((done, failed) => Object.assign(socket, { onopen: done, onerror: failed }));
    return socket;
  }

  send(message) {
    this.socket.send(JSON.stringify(message));
  }

  async #receive(message) {
    const { type } = message;
    if (type === "here" && message.peers.length > 0) this.#introduce("hello");
    if (type === "hello" || type === "welcome") await this.#meet(message);
    if (type === "left") await this.#part(message);
    if (type === "key" && message.device === this.call.self) await this.call.receive(unbase64(message.bytes), message.id);
    await this.path.hear(message);
  }

  #introduce(type) {
    const { bundle } = this.sealframe;
    this.send({ type, self: this.call.self, bundle: bundle && base64(bundle.bytes) });
  }

  /** Both know each other's keys before media is spoken of. */
  async #meet({ type, from, self, bundle }) {
    this.other = self;
    if (bundle) this.#members.set(from, unbase64(bundle));
    await this.#enrol();
    if (type === "hello") this.#introduce("welcome");
    await this.path.met();
  }

  async #part({ from }) {
    if (this.#members.delete(from)) await this.#enrol();
  }

  async #enrol() {
    if (!this.options.key) await this.call.setMembers([...this.#members.values()]);
  }

  /** A new connection, in place of the one there was. */
  async connect() {
    if (this.pc) this.#decodedBefore += framesDecoded(await this.inbound());
    this.pc?.close();
    const pc = new RTCPeerConnection(this.options.plain ? {} : this.call.configuration());
    pc.ontrack = ({ receiver, track }) => {
      this.call.open(receiver, { from: this.other, track: this.options.labels[track.kind] });
      this.screens[track.kind] = render(track, TONES[this.options.role === "offer" ? "answer" : "offer"]);
    };
    this.pc = pc;
    return pc;
  }

  seal(transceiver) {
    const { kind } = transceiver.receiver.track;
    const { codec, audio, labels, plain } = this.options;
    const wanted = kind === "video" ? codec : audio;
    if (wanted) prefer(transceiver, wanted);
    if (!plain) this.call.seal(transceiver.sender, { track: labels[kind] });
  }

  tracks() {
    return [microphone(TONES[this.options.role]), camera(this.options.simulcast ? WIDE : undefined)];
  }

  /** Waits for the connection and for a first picture, not longer than `limit` milliseconds. */
  async settled(limit) {
    if (this.options.plain) return sleep(2000);
    const end = performance.now() + limit;
    const sends = this.options.janus && this.options.role === "offer";
    while (performance.now() < end) {
      if (this.pc?.connectionState === "connected" && (sends || this.renders())) return true;
      await sleep(100);
    }
    return false;
  }

  /** Waits until every stream has some frames, sealed, opened and shown, not longer than `limit` milliseconds. */
  async plenty(limit) {
    for (const end = performance.now() + limit; performance.now() < end && !(await this.#flows()); ) await sleep(100);
  }

  async #flows() {
    if (this.options.plain) return this.options.role === "offer" || (await this.tap.ask("census")).plaintext > ENOUGH;
    const { streams } = await this.call.stats();
    const shown = this.screens.video ? framesDecoded(await this.inbound()) : ENOUGH;
    return Math.min(shown, ...streams.map(({ frames }) => frames)) >= ENOUGH;
  }

  renders() {
    return Boolean(this.screens.video?.ok() && this.screens.audio?.ok());
  }

  async inbound() {
    return [...(await this.pc.getStats()).values()].filter(({ type }) => type === "inbound-rtp");
  }

  async report() {
    const inbound = await this.inbound();
    return {
      version: navigator.userAgent,
      connection: this.pc.connectionState,
      stats: await this.call.stats(),
      framesDecoded: this.#decodedBefore + framesDecoded(inbound),
      packetsReceived: inbound.reduce((sum, { packetsReceived }) => sum + packetsReceived, 0),
      pictureSeen: await this.#comes("video"),
      audioHeard: await this.#comes("audio"),
      census: this.options.tap ? await this.tap.ask("census") : undefined,
      times: this.pulse?.times,
      events: this.events,
      errors: this.errors,
    };
  }

  /** A busy machine stutters: what should be seen or heard now may be so a moment later. */
  async #comes(kind) {
    const screen = this.screens[kind];
    for (let left = this.options.plain ? 0 : 20; screen && left > 0 && !screen.ok(); left--) await sleep(100);
    return screen?.ok() ?? false;
  }

  /** What the tap kept, a part at a time. */
  async frames(count) {
    const frames = await this.tap.ask("frames", { count });
    return frames.map(({ wire, ...frame }) => ({ ...frame, wire: base64(wire) }));
  }

  async stop() {
    this.pc?.close();
    this.pulse?.stop();
    this.path.close();
    this.socket.close();
    await this.sealframe.close();
  }
}

function framesDecoded(inbound) {
  return inbound.find(({ kind }) => kind === "video")?.framesDecoded ?? 0;
}

function base64(bytes) {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

function unbase64(text) {
  return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
}
