// One member of a call, connected with each other member directly or via an SFU.
//
// 1. A newcomer says hello to all who are there; each of them says welcome.
// 2. Once all of them did, it states its roster and says that it is ready.
// 3. They take it onto their rosters, and media begin.
// Descriptions and the roster go over the relay. Key messages do too, or go over STOMP.
import { fromBase64, toBase64 } from "/harness/page/base64.js";
import { camera, microphone, prefer } from "/harness/page/media.js";
import { Tap } from "/harness/page/tap.js";
import { Sealframe } from "/dist/index.js";
import { now } from "./clock.js";
import { P2PPath } from "./p2p-path.js";
import { Peer, TONES } from "./peer.js";
import { SfuPath } from "./sfu-path.js";
import { Signaling } from "./signaling.js";
import { carryOverStomp } from "./stomp.js";

const EVENTS = ["epoch", "state", "error", "restarted", "leak-stopped"];

/**
 * @typedef {object} MemberOptions
 * @property {string} room
 * @property {"a" | "b" | "c" | "d" | "e" | "f"} name
 * @property {string[]} names of all members, for an application key
 * @property {string} codec such as "vp8"
 * @property {string} [audio] such as "red"; the browser's first choice if absent
 * @property {{ video: string, audio: string }} labels
 * @property {{ width: number, height: number }} size of the picture
 * @property {string} [key] one application key for all senders, in hex
 * @property {"mls"} [group] whether the devices form a group
 * @property {{ url: string, login: string, passcode: string }} [broker] for key messages
 * @property {import("../../harness/sfu/index.mjs").MediaServer["page"]} [sfu] the server that media pass
 * @property {boolean} [simulcast] whether to send three layers to it
 * @property {number} [keyFrames] seconds between the key frames that the SFU asks for
 * @property {boolean} [long] whether the call lasts for hours: then the tap only counts
 * @property {boolean} [plain] whether to send without sealing
 */

export class Member {
  errors = [];
  events = [];
  /** When it reached the "relay" and "stomp", and when, as a newcomer, it "stated" its roster. */
  signaled = {};
  /** @type {Map<string, Peer>} by name */
  peers = new Map();
  /** Members that were there before us and have not yet said welcome, by the relay's names. */
  #awaited = new Set();
  #entered = Promise.withResolvers();
  /** Bundles on the roster of devices that have no page. */
  #crowd = [];
  #signaling;

  /** @param {MemberOptions} options */
  constructor(options) {
    this.options = options;
    this.tracks = [microphone(TONES[options.name]), camera(options.size)];
    const settings = options.long ? { tally: "yes" } : {};
    this.tap = new Tap(`tap-${options.room}-${options.name}`, settings);
    const isDirect = !options.sfu || options.sfu.client === "direct";
    this.path = isDirect ? new P2PPath(this) : new SfuPath(this);
  }

  /** Connects to the relay and starts the worker at once: a reload should not take long. */
  async start() {
    const { room, broker } = this.options;
    const ready = this.#join();
    const failed = (error) => this.errors.push(String(error));
    const receive = (message) => this.#receive(message);
    this.#signaling = await Signaling.open(room, ready, receive, failed);
    this.signaled.relay = now();
    await ready;
    Promise.resolve(this.path.begin()).catch(failed);
    if (broker) await this.#useBroker(broker, failed);
    else this.call.addEventListener("message", ({ to, bytes }) => this.#sendKey(to, bytes));
    this.#introduce("hello");
    await this.#entered.promise;
  }

  send(message) {
    this.#signaling.send(message);
  }

  /** What every connection is made with. */
  configuration() {
    const { plain, sfu: { configuration = {} } = {} } = this.options;
    return plain ? configuration : this.call.configuration(configuration);
  }

  /** A connection that plays what `peer` sends. @param {Peer} peer */
  newConnection(peer) {
    const pc = new RTCPeerConnection(this.configuration());
    pc.ontrack = ({ receiver }) => this.open(peer, receiver);
    return pc;
  }

  /** Opens and plays what `peer` sends. @param {Peer} peer @param {RTCRtpReceiver} receiver */
  open(peer, receiver) {
    const { track } = receiver;
    this.call.open(receiver, { from: peer.device, track: this.options.labels[track.kind] });
    peer.play(track);
  }

  /** Seals what one of our transceivers sends, in the codec of the call. */
  seal(/** @type {RTCRtpTransceiver} */ transceiver) {
    const { codec, audio } = this.options;
    const { kind } = transceiver.receiver.track;
    const wanted = kind === "video" ? codec : audio;
    if (wanted) prefer(transceiver, wanted);
    this.protect(transceiver.sender, kind);
  }

  /** @param {RTCRtpSender} sender @param {"audio" | "video"} kind */
  protect(sender, kind) {
    const { labels, plain } = this.options;
    if (!plain) this.call.seal(sender, { track: labels[kind] });
  }

  /** States the roster of all admitted members. A call with an application key has no roster. */
  stateRoster() {
    if (this.options.key) return;
    const members = this.#admitted().filter(({ removed }) => !removed);
    return this.call.setMembers([...members.map(({ bundle }) => bundle), ...this.#crowd]);
  }

  /** Takes devices onto the roster that have no page. @param {Uint8Array[]} bundles */
  crowd(bundles) {
    this.#crowd = bundles;
    return this.stateRoster();
  }

  /** Ends all media, and nothing else. */
  async hangUp() {
    await this.path.close();
    await Promise.all([...this.peers.values()].map((peer) => peer.close()));
  }

  /** Leaves the call: the others take us off their rosters. */
  async leave() {
    this.send({ type: "bye" });
    await this.stop();
  }

  async stop() {
    this.peers.forEach(({ timeline }) => timeline.stop());
    await this.hangUp();
    this.#signaling.close();
    await this.sealframe.close();
  }

  async #join() {
    const { room, name, names, key, group } = this.options;
    const { workerUrl } = this.tap;
    this.sealframe = await Sealframe.start({ workerUrl, device: !key, name: `call-${name}` });
    const bytes = key && Uint8Array.from(key.match(/../g), (byte) => Number.parseInt(byte, 16));
    const keys = Object.fromEntries(names.map((name) => [name, bytes]));
    this.call = await this.sealframe.join(room, key ? { as: name, keys } : { group });
    for (const type of EVENTS) {
      this.call.addEventListener(type, ({ state, code, kind, direction, from }) =>
        this.events.push({ type, state, code, kind, direction, from }),
      );
    }
  }

  #useBroker(broker, failed) {
    const connected = () => (this.signaled.stomp = now());
    return carryOverStomp(this.call, broker, { connected, failed });
  }

  /** Devices of the crowd have no page, and get nothing. */
  #sendKey(device, bytes) {
    const peer = [...this.peers.values()].find((peer) => peer.device === device);
    if (peer) this.send({ type: "key", to: peer.id, bytes: toBase64(bytes) });
  }

  #introduce(type, to) {
    const { bundle } = this.sealframe;
    const bytes = bundle && toBase64(bundle.bytes);
    this.send({ type, to, name: this.options.name, device: this.call.self, bundle: bytes });
  }

  async #receive({ type, from, ...message }) {
    if (type === "here") return this.#await(message.peers);
    if (type === "left") return this.#arrive(from);
    if (type === "hello" || type === "welcome") return this.#meet(type, from, message);
    const peer = [...this.peers.values()].find(({ id }) => id === from);
    if (!peer) return;
    if (type === "ready") return this.#admit(peer);
    if (type === "bye") return this.#part(peer);
    if (type === "key") return this.call.receive(fromBase64(message.bytes), peer.device);
    this.#inTurn(peer, () => this.path.hear(peer, { type, ...message }));
  }

  /** The first member of a call waits for nobody. */
  #await(ids) {
    this.#awaited = new Set(ids);
    if (ids.length === 0) this.#entered.resolve();
  }

  async #meet(type, id, { name, device, bundle }) {
    if (type === "welcome" && !this.#awaited.has(id)) return;
    const previous = this.peers.get(name);
    await previous?.close();
    const peer = new Peer({ id, name, device, bundle: bundle && fromBase64(bundle) }, previous);
    await this.path.meet(peer);
    this.peers.set(name, peer);
    if (type === "hello") return this.#introduce("welcome", id);
    peer.admitted = true;
    await this.#arrive(id);
  }

  /** A newcomer is ready when all said welcome or left: from then on it accepts their keys. */
  async #arrive(id) {
    if (!this.#awaited.delete(id) || this.#awaited.size > 0) return;
    this.signaled.stated = now();
    const stated = this.stateRoster();
    this.send({ type: "ready" }); // ahead of our first keys
    await stated;
    for (const peer of this.#admitted()) this.#beginMedia(peer, false);
    this.#entered.resolve();
  }

  /** Takes a newcomer onto the roster, also one that was here before. */
  async #admit(peer) {
    peer.admitted = true;
    await this.stateRoster();
    this.#beginMedia(peer, true);
  }

  async #part(peer) {
    this.peers.delete(peer.name);
    peer.timeline.stop();
    await peer.close();
    await this.stateRoster();
  }

  #admitted() {
    return [...this.peers.values()].filter(({ admitted }) => admitted);
  }

  #beginMedia(peer, first) {
    this.#inTurn(peer, () => this.path.admit(peer, { first }));
  }

  /** Media wait for each other, but keys do not wait for media. */
  #inTurn(peer, work) {
    peer.inTurn(work).catch((error) => this.errors.push(String(error)));
  }
}
