/** This side of the call: its device and its keys. All use of sealframe is in here. */
import { Sealframe } from "/dist/index.js";
import { fromBase64, toBase64 } from "/harness/page/base64.js";
import { addUp } from "./sums.js";

/** Events of the call that this side passes on. */
const EVENTS = [
  ...["state", "error", "restarted", "epoch", "keys-changed", "untrusted", "device-twice"],
  ...["post-quantum", "leak-stopped"],
];

/**
 * Events: those of the call, "send" (`detail`: a message for a device) and "another" (the call was
 * left for another one: senders and receivers need it).
 */
export class Side extends EventTarget {
  #sealframe;
  #call;
  #id = "";
  #options = {};
  #roster = [];
  /** Counters of streams of calls and workers that are gone. */
  #past = [];
  #last = [];

  /** @param {import("/harness/page/tap.js").Tap} tap @param {object} options of `Sealframe.start()` */
  static async start(tap, options) {
    const side = new Side();
    side.#sealframe = await Sealframe.start({ workerUrl: tap.workerUrl, ...options });
    return side;
  }

  /** This device's id. */
  get id() {
    return this.#sealframe.bundle.id;
  }

  /** This device's public keys, as text. */
  get bundle() {
    return toBase64(this.#sealframe.bundle.bytes);
  }

  /**
   * @param {string} room
   * @param {{ way: string, passphrase: string }} keys how members get their keys
   */
  async enter(room, { way, passphrase }) {
    this.#id = `demo/${room}/${way}`;
    this.#options = { devices: {}, mls: { group: "mls" }, passphrase: { passphrase } }[way];
    await this.#join(this.#options);
  }

  /** Wipes the keys of the call. */
  async leave() {
    this.#roster = [];
    this.#past = [];
    await this.#call.close();
  }

  /** Ends this device in this tab. It stays in the browser. */
  end() {
    return this.#sealframe.close();
  }

  /** What every connection is made with: the flag keeps Chromium from sending before a sender is sealed. */
  configuration(wanted) {
    return this.#call.configuration(wanted);
  }

  seal(sender, track) {
    this.#call.seal(sender, { track });
  }

  open(receiver, { from, track }) {
    this.#call.open(receiver, { from, track });
  }

  /** States who is in the call. @param {{ name: string, id: string, bundle: string }[]} people */
  async setRoster(people) {
    this.#roster = people;
    if (this.#hasRoster) await this.#call.setMembers(personsOf(people));
  }

  /** A key message. @param {string} text @param {string} from the device that the relay names */
  async receive(text, from) {
    if (this.#hasRoster) await this.#call.receive(fromBase64(text), from);
  }

  async rotate() {
    await this.#call.rotate();
  }

  /** Leaves the call for one with keys that nobody else has. */
  async useWrongKeys() {
    const random = () => crypto.getRandomValues(new Uint8Array(32));
    const ids = [this.id, ...this.#roster.map(({ id }) => id)];
    await this.#rejoin({ keys: Object.fromEntries(ids.map((id) => [id, random()])) });
  }

  /** Comes back to the keys of the room. */
  async useRightKeys() {
    await this.#rejoin(this.#options);
    await this.setRoster(this.#roster);
  }

  /** @param {{ bundle: string }} person */
  safetyNumber({ bundle }) {
    return this.#sealframe.safetyNumber(fromBase64(bundle));
  }

  /** Counters since this side entered. */
  async stats() {
    const stats = await this.#call.stats();
    this.#last = stats.streams;
    return { ...stats, streams: addUp(stats.streams, this.#past) };
  }

  get #hasRoster() {
    return !("keys" in this.#joined || "passphrase" in this.#joined);
  }

  async #rejoin(options) {
    const { streams } = await this.stats();
    await this.#call.close();
    this.#past = streams;
    await this.#join(options);
    this.#tell("another");
  }

  /** The options of the call that goes on now. */
  #joined = {};

  async #join(options) {
    const call = await this.#sealframe.join(this.#id, options);
    call.addEventListener("message", ({ to, bytes }) =>
      this.#tell("send", { to, text: toBase64(bytes) }),
    );
    call.addEventListener("restarted", ({ code }) => this.#restarted(call, code));
    for (const type of EVENTS) call.addEventListener(type, (event) => this.#tell(type, event));
    this.#call = call;
    this.#joined = options;
  }

  /** A new worker counts from 0. It has device keys, and lacks keys that this page gave. */
  #restarted(call, code) {
    if (code === "worker-restarted") this.#past = addUp(this.#past, this.#last);
    const { passphrase, keys } = this.#joined;
    const given = passphrase ? call.setPassphrase(passphrase) : keys && call.setKeys(keys);
    given?.catch((error) => this.#tell("error", error));
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

/** People with their devices: whoever shares a name counts as one person with several devices. */
function personsOf(people) {
  const persons = Map.groupBy(people, ({ name }) => name);
  const bundles = (devices) => devices.map(({ bundle }) => fromBase64(bundle));
  return [...persons].map(([name, devices]) => ({ name, devices: bundles(devices) }));
}
