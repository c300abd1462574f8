// One of several in a call, each connected to each. Its address says who it is, so a page that is
// reloaded comes back by itself; `node` then asks it things by way of `globalThis.side`.
//
// Descriptions and the roster go over the relay, key messages too or else over STOMP.
import { Sealframe } from "../dist/index.js";
import { toBytes, toText } from "../signaling.js";
import { camera, microphone, prefer, render } from "./media.js";
import { Tap } from "./tap.js";

const TONES = { a: 440, b: 660, c: 880 };
/** Milliseconds between attempts to reach the broker. */
const RECONNECT = 500;
/** Small: three pages encode and decode for each other, on one machine. */
const SIZE = { width: 320, height: 240 };
const KEPT = "pictures before the reload";

/** The same clock in every page and after a reload. */
const now = () => performance.timeOrigin + performance.now();

class Member {
  errors = [];
  events = [];
  /** When it had signaling: "relay" and "stomp". */
  signaled = {};
  /** The others, by name. */
  #others = {};
  /** How many were here before us; they all say so. */
  #expected = 0;
  #before = JSON.parse(sessionStorage.getItem(KEPT) ?? "{}");

  /**
   * @param {object} options
   * @param {string} options.room
   * @param {"a" | "b" | "c"} options.name
   * @param {string} options.codec such as "vp8"
   * @param {{ video: string, audio: string }} options.labels
   * @param {{ url: string, login: string, passcode: string }} [options.broker]
   */
  constructor(options) {
    this.options = options;
    this.tracks = [microphone(TONES[options.name]), camera(SIZE)];
    this.tap = new Tap(`tap-${options.room}-${options.name}`);
    const last = () => Object.fromEntries(this.#all().map(({ name, pictures }) => [name, pictures.slice(-1)]));
    addEventListener("pagehide", () => sessionStorage.setItem(KEPT, JSON.stringify(last())));
  }

  /** The relay and the worker at once: a reload should not take long. */
  async start() {
    const { room, name, broker } = this.options;
    const workerUrl = `/call/tap-worker.js?tap=tap-${room}-${name}`;
    const ready = Sealframe.start({ workerUrl, name: `scenario-${name}` }).then((sealframe) => this.#join(sealframe));
    this.socket = await this.#connect(room, ready);
    await ready;
    if (broker) await this.#overStomp(broker);
    else this.call.addEventListener("message", ({ to, bytes }) => this.#sendKey(to, bytes));
    this.#introduce("hello");
  }

  async #join(sealframe) {
    this.sealframe = sealframe;
    this.call = await sealframe.join(this.options.room);
    for (const type of ["state", "error", "restarted"]) {
      this.call.addEventListener(type, ({ state, code, from }) => this.events.push({ type, state, code, from }));
    }
  }

  /** What comes waits until this side is ready; then one after the other. */
  async #connect(room, ready) {
    const socket = new WebSocket(`ws://${location.host}/relay?room=${room}`);
    let last = ready;
    socket.onmessage = ({ data }) => {
      last = last.then(() => this.#receive(JSON.parse(data))).catch((error) => this.errors.push(String(error)));
    };
    await new Promise((done, failed) => Object.assign(socket, { onopen: done, onerror: failed }));
    this.signaled.relay = now();
    return socket;
  }

  async #overStomp({ url, login, passcode }) {
    const [{ Client }, { connect }] = await Promise.all([import("/stompjs/index.js"), import("../dist/stomp.js")]);
    const client = new Client({ brokerURL: url, connectHeaders: { login, passcode, host: "/" }, reconnectDelay: RECONNECT });
    client.onConnect = () => (this.signaled.stomp = now());
    client.onStompError = ({ headers }) => this.errors.push(`STOMP: ${headers.message}`);
    connect(this.call, client);
    client.activate();
  }

  #send(message) {
    this.socket.send(JSON.stringify(message));
  }

  #sendKey(device, bytes) {
    const other = this.#all().find((other) => other.device === device);
    this.#send({ type: "key", to: other.id, bytes: toText(bytes) });
  }

  #introduce(type, to) {
    const { id, bytes } = this.sealframe.bundle;
    this.#send({ type, to, name: this.options.name, device: id, bundle: toText(bytes) });
  }

  async #receive({ type, from, ...message }) {
    if (type === "here") this.#expected = message.peers.length;
    if (type === "hello" || type === "welcome") await this.#meet(type, from, message);
    const other = this.#all().find(({ id }) => id === from);
    if (type === "ready") await this.#welcome(other);
    if (type === "key") await this.call.receive(toBytes(message.bytes), other?.device);
    if (type === "sdp") await this.#describe(other, message.description);
    if (type === "ice") await this.#candidate(other, message.candidate);
  }

  /** A newcomer is ready when it knows all who are here: it has their keys taken from then on. */
  async #meet(type, id, { name, device, bundle }) {
    const known = this.#others[name];
    known?.pc.close();
    const other = { id, name, device, bundle: toBytes(bundle), pictures: known?.pictures ?? [], screens: {}, candidates: [] };
    other.pc = this.#newConnection(other);
    this.#others[name] = other;
    if (type === "hello") return this.#introduce("welcome", id);
    if (this.#all().length < this.#expected) return;
    const stated = this.#state();
    this.#send({ type: "ready" }); // ahead of our first keys
    await stated;
  }

  /** Who is here takes a newcomer onto the roster and makes the offer, also to one that was here before. */
  async #welcome({ id, pc }) {
    await this.#state();
    for (const track of this.tracks) this.#sealed(pc.addTransceiver(track, { direction: "sendrecv" }));
    await pc.setLocalDescription();
    this.#send({ type: "sdp", to: id, description: pc.localDescription });
  }

  /** The roster: all who are here and were not removed. */
  #state() {
    const members = this.#all().filter(({ removed }) => !removed);
    return this.call.setMembers(members.map(({ bundle }) => bundle));
  }

  async #describe({ id, pc, candidates }, description) {
    await pc.setRemoteDescription(description);
    for (const candidate of candidates.splice(0)) await pc.addIceCandidate(candidate);
    if (description.type !== "offer") return;
    for (const transceiver of pc.getTransceivers()) {
      this.#sealed(transceiver);
      transceiver.direction = "sendrecv";
      await transceiver.sender.replaceTrack(this.tracks.find(({ kind }) => kind === transceiver.receiver.track.kind));
    }
    await pc.setLocalDescription();
    this.#send({ type: "sdp", to: id, description: pc.localDescription });
  }

  async #candidate({ pc, candidates }, candidate) {
    if (pc.remoteDescription) await pc.addIceCandidate(candidate);
    else candidates.push(candidate);
  }

  #newConnection(other) {
    const pc = new RTCPeerConnection(this.call.configuration());
    pc.onicecandidate = ({ candidate }) => candidate && this.#send({ type: "ice", to: other.id, candidate });
    pc.ontrack = ({ receiver, track }) => {
      this.call.open(receiver, { from: other.device, track: this.options.labels[track.kind] });
      other.screens[track.kind] = render(track, TONES[other.name]);
      if (track.kind === "video") watch(other.screens.video.element, other.pictures);
    };
    return pc;
  }

  #sealed(transceiver) {
    const { kind } = transceiver.receiver.track;
    if (kind === "video") prefer(transceiver, this.options.codec);
    this.call.seal(transceiver.sender, { track: this.options.labels[kind] });
  }

  #all() {
    return Object.values(this.#others);
  }

  /** Whether it sees and hears these. @param {string[]} names */
  sees(names) {
    return names.every((name) => this.#others[name]?.screens.video?.ok() && this.#others[name].screens.audio?.ok());
  }

  /** When pictures of that member were shown; with the last one before a reload. */
  pictures(name) {
    return [...(this.#before[name] ?? []), ...(this.#others[name]?.pictures ?? [])];
  }

  now() {
    return now();
  }

  /** Off the roster, but not off the line: a server may go on to forward. @returns when */
  async remove(name) {
    this.#others[name].removed = true;
    const at = now();
    await this.#state();
    return at;
  }

  /** This side, and what it has of that member. */
  async report(name) {
    const { device, pc, screens } = this.#others[name];
    const stats = await this.call.stats();
    const ours = ({ direction, sender }) => direction === "seal" || sender === device;
    const inbound = [...(await pc.getStats()).values()].filter(({ type }) => type === "inbound-rtp");
    return {
      stats: { ...stats, streams: stats.streams.filter(ours) },
      framesDecoded: inbound.find(({ kind }) => kind === "video")?.framesDecoded ?? 0,
      pictureSeen: screens.video?.ok() ?? false,
      audioHeard: screens.audio?.ok() ?? false,
      census: await this.tap.ask("census"),
      events: this.events,
      errors: this.errors,
    };
  }

  /** What passed the worker of that member's pictures. */
  async passed(name) {
    return (await this.tap.ask("passed"))[`${this.#others[name].device} video`];
  }

  /** Sealed pictures of that member, as a server has them. */
  async sealed(name) {
    const frames = await this.tap.ask("frames", { count: 1e6 });
    const device = this.#others[name].device;
    return frames.filter(({ kind, sender }) => kind === "video" && sender === device).map(({ wire }) => toText(wire));
  }

  /** Hands such pictures to the worker, as a server might. @returns how many were opened */
  async replay(name, wires) {
    return this.tap.ask("replay", { sender: this.#others[name].device, wires: wires.map(toBytes) });
  }

  /** Keeps the next pictures of that member from the worker. */
  async withhold(name, count) {
    const wires = await this.tap.ask("withhold", { sender: this.#others[name].device, count });
    return wires.map(toText);
  }

  rotate() {
    return this.call.rotate();
  }

  async stop() {
    this.#all().forEach(({ pc }) => pc.close());
    this.socket.close();
    await this.sealframe.close();
  }
}

/** Notes when each picture is shown. */
function watch(video, pictures) {
  const shown = () => {
    pictures.push(now());
    video.requestVideoFrameCallback(shown);
  };
  video.requestVideoFrameCallback(shown);
}

const side = new Member(JSON.parse(decodeURIComponent(location.hash.slice(1))));
globalThis.side = side;
side.start().then(() => (globalThis.ready = true), (error) => side.errors.push(String(error?.stack ?? error)));
