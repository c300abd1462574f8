/** This side of the call: its device, its keys and its connection. All use of sealframe is in here. */
import { Sealframe } from "/dist/index.js";
import { Connection } from "./connection.js";
import { toBytes, toText } from "./signaling.js";

/** Tabs of one browser share its storage, so each takes a device of its own: the first that is free. */
const DEVICES = 8;

/**
 * Events: "state", "error" and "restarted" of the call, "send" (`detail`: a message for the peer),
 * "connection" (`detail`: its state) and "picture" (`detail`: the other side's stream).
 */
export class Side extends EventTarget {
  #sealframe;
  #call;
  #room;
  #tap;
  #peer;
  #connection;
  /** Counters of calls that were closed in favour of another. @type {import("/dist/index.js").StreamStats[]} */
  #past = [];

  /** @param {string} room @param {import("./tap.js").Tap} tap */
  static async start(room, tap) {
    const side = new Side();
    side.#room = room;
    side.#tap = tap;
    side.#sealframe = await Sealframe.start({ workerUrl: tap.workerUrl, name: await freeDevice() });
    await side.#join();
    return side;
  }

  /** This device's id. */
  get id() {
    return this.#sealframe.bundle.id;
  }

  /** What a peer needs in order to list this device as a member. */
  get hello() {
    return { id: this.id, bundle: toText(this.#sealframe.bundle.bytes) };
  }

  /** Somebody came: a member from now on, and a connection to them. @param {boolean} first */
  async meet({ id, bundle }, { tracks, first }) {
    this.leave();
    this.#peer = { id, bytes: toBytes(bundle) };
    this.#tell("expect", id);
    const send = (signal) => this.#tell("send", { type: "signal", signal });
    const connection = new Connection(this.#call, { from: id, tracks, send });
    this.#connection = connection;
    connection.addEventListener("state", ({ detail }) => this.#tell("connection", detail));
    connection.addEventListener("track", ({ detail }) => this.#tell("picture", detail));
    await this.addMember();
    if (first) await connection.offer();
  }

  leave() {
    this.#connection?.close();
    this.#connection = this.#peer = undefined;
  }

  /** @param {object} signal */
  signal(signal) {
    this.#connection?.handle(signal);
  }

  /** A key message of the peer. @param {string} text */
  async receive(text) {
    const call = this.#call;
    await call.receive(toBytes(text), this.#peer?.id).catch((error) => this.#refuse(error));
  }

  /** @param {MediaStreamTrack} track */
  async replace(track) {
    await this.#connection?.replace(track);
  }

  async rotate() {
    await this.#call.rotate();
  }

  async addMember() {
    await this.#call.setMembers([this.#peer]);
  }

  async removeMember() {
    await this.#call.setMembers([]);
  }

  /** Leaves the call for one with keys that nobody else has; the same senders and receivers go on. */
  async useWrongKey() {
    const wrong = () => crypto.getRandomValues(new Uint8Array(32));
    await this.#rejoin({ keys: { [this.id]: wrong(), [this.#peer.id]: wrong() } });
  }

  /** Back to device keys: the peer gets a new one of ours, and is asked for its own. */
  async useRightKey() {
    await this.#rejoin({});
    await this.addMember();
  }

  /** @param {boolean} on */
  flip(on) {
    this.#tap.flip = on;
  }

  /** Counters since this page was loaded. @returns {Promise<import("/dist/index.js").StreamStats[]>} */
  async stats() {
    const { streams } = await this.#call.stats();
    return this.#past.reduce(add, streams);
  }

  async #rejoin(options) {
    const past = await this.stats();
    await this.#call.close();
    this.#past = past;
    await this.#join(options);
    this.#connection?.adopt(this.#call);
  }

  async #join(options = {}) {
    const call = await this.#sealframe.join(`demo/${this.#room}`, options);
    call.addEventListener("message", ({ bytes }) => this.#tell("send", { type: "key", text: toText(bytes) }));
    for (const type of ["state", "error", "restarted"]) {
      call.addEventListener(type, ({ direction, kind, state, code }) => this.#tell(type, { direction, kind, state, code }));
    }
    this.#call = call;
  }

  #refuse({ code }) {
    this.#tell("error", { code });
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

/** The name of a device that no other tab uses. It stays ours until the tab is closed. */
async function freeDevice() {
  for (let n = 1; n <= DEVICES; n++) {
    const name = `demo-${n}`;
    if (await take(name)) return name;
  }
  throw new Error("too many tabs");
}

/** @param {string} name */
function take(name) {
  return new Promise((resolve) => {
    navigator.locks.request(name, { ifAvailable: true }, (lock) => {
      resolve(lock !== null);
      return lock && new Promise(() => {});
    });
  });
}

/** Adds the counters of an earlier call to the stream they belong to. */
function add(streams, past) {
  const same = (stream) => stream.direction === past.direction && stream.kind === past.kind;
  const now = streams.find(same);
  if (!now) return [...streams, past];
  return streams.map((stream) => (stream === now ? sum(stream, past) : stream));
}

function sum(now, past) {
  const dropped = { ...past.dropped };
  for (const [code, n] of Object.entries(now.dropped)) dropped[code] = (dropped[code] ?? 0) + n;
  const [frames, bytes, overhead] = ["frames", "bytes", "overhead"].map((name) => now[name] + past[name]);
  return { ...now, frames, bytes, overhead, dropped };
}
