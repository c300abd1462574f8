/** This side of the call: its device, its keys and its connection. All use of sealframe is in here. */
import { Sealframe } from "/dist/index.js";
import { fromBase64, toBase64 } from "/harness/page/base64.js";
import { Connection } from "./connection.js";

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
  #wrong = false;
  #turn = Promise.resolve();
  /** Counters of calls that were closed in favour of another. @type {import("/dist/index.js").StreamStats[]} */
  #past = [];

  /** @param {string} room @param {import("/harness/page/tap.js").Tap} tap */
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
    return { id: this.id, bundle: toBase64(this.#sealframe.bundle.bytes) };
  }

  /**
   * Somebody came: a member from now on, and a connection to them.
   * @param {{ id: string, bundle: string }} hello
   * @param {{ tracks: MediaStreamTrack[], first: boolean }} options `first`: it is us who offer
   */
  meet({ id, bundle }, { tracks, first }) {
    return this.#inTurn(async () => {
      this.#peer = { id, bytes: fromBase64(bundle) };
      this.#connection = this.#connect(tracks);
      await this.addMember();
      if (first) await this.#connection.offer();
    });
  }

  /** They left: no member any more, so that the next key is not theirs. */
  leave() {
    return this.#inTurn(async () => {
      this.#connection?.close();
      this.#connection = this.#peer = undefined;
      await (this.#wrong ? this.#rejoin() : this.removeMember());
    });
  }

  /** @param {object} signal */
  signal(signal) {
    this.#inTurn(() => this.#connection?.handle(signal));
  }

  /** A key message of the peer. @param {string} text */
  receive(text) {
    const take = () => this.#call.receive(fromBase64(text), this.#peer?.id);
    this.#inTurn(take).catch((error) => this.#tell("error", error));
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
  useWrongKey() {
    const random = () => crypto.getRandomValues(new Uint8Array(32));
    return this.#inTurn(() =>
      this.#rejoin({ keys: { [this.id]: random(), [this.#peer.id]: random() } }),
    );
  }

  /** Back to device keys: the peer gets a new one of ours, and is asked for its own. */
  useRightKey() {
    return this.#inTurn(async () => {
      await this.#rejoin();
      await this.addMember();
    });
  }

  /** @param {boolean} on */
  flip(on) {
    this.#tap.tell("flip", { on });
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

  /** @param {{ keys?: { [sender: string]: Uint8Array } }} [options] */
  async #join(options = {}) {
    const call = await this.#sealframe.join(`demo/${this.#room}`, options);
    call.addEventListener("message", ({ bytes }) =>
      this.#tell("send", { type: "key", text: toBase64(bytes) }),
    );
    for (const type of ["state", "error", "restarted"]) {
      call.addEventListener(type, (event) => this.#tell(type, event));
    }
    this.#call = call;
    this.#wrong = "keys" in options;
  }

  #connect(tracks) {
    const send = (signal) => this.#tell("send", { type: "signal", signal });
    const connection = new Connection(this.#call, { from: this.#peer.id, tracks, send });
    connection.addEventListener("state", ({ detail }) => this.#tell("connection", detail));
    connection.addEventListener("track", ({ detail }) => this.#tell("picture", detail));
    return connection;
  }

  /** One after the other: a signal must find its connection, a key message the member it is from. */
  #inTurn(work) {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => {});
    return done;
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
  const [frames, bytes, overhead] = ["frames", "bytes", "overhead"].map(
    (name) => now[name] + past[name],
  );
  return { ...now, frames, bytes, overhead, dropped };
}
