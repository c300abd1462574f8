/** End-to-end encryption for WebRTC calls: the public API. */
import { SealframeError, codeOf } from "./errors.js";
import { Link } from "./link.js";
import { load } from "./load.js";
import { Place } from "./place.js";
import { Watchdog } from "./watchdog.js";

export { SealframeError };

/** @typedef {import("./types.js").StartOptions} StartOptions @typedef {import("./types.js").Bundle} Bundle */
/** @typedef {import("./types.js").Keys} Keys @typedef {import("./types.js").StateChange} StateChange */
/** @typedef {import("./types.js").Stats} Stats */

/** One worker with one WebAssembly core and one device identity. */
export class Sealframe {
  #link;
  #calls;
  #count = 0;

  /** @internal @param {Link} link @param {Map<number, Place>} calls @param {Bundle} [bundle] */
  constructor(link, calls, bundle) {
    this.#link = link;
    this.#calls = calls;
    /** This device's public keys, for others to list as a member. @readonly */
    this.bundle = bundle && Object.freeze(bundle);
  }

  /** Starts the worker. May be called again after it failed. @param {StartOptions} [options] */
  static async start(options = {}) {
    const { make, fields } = load(object(options, "options"));
    const calls = /** @type {Map<number, Place>} */ (new Map());
    const watchdog = new Watchdog();
    const link = new Link(make, {
      notice({ call, ...news }) {
        const concerned = call === undefined ? [...calls.values()] : [calls.get(call)];
        concerned.forEach((place) => place?.hear(news));
      },
      rejoin: (ask) => Promise.all([...calls.values()].map((place) => place.rejoin(ask))),
      pulse: (counts) => watchdog.check(counts, calls.values()),
    });
    try {
      return new Sealframe(link, calls, await link.start(fields));
    } catch (error) {
      link.end("start-failed");
      throw codeOf(error) === "bad-argument" ? error : new SealframeError("start-failed");
    }
  }

  /**
   * @param {string} callId the same for everyone in the call @param {{ keys?: Keys, as?: string }} [options]
   *   `keys`: from the application's own exchange; `as`: this side's name there, by default its device's id
   */
  async join(callId, options = {}) {
    const { keys, as } = object(options, "options");
    const given = keys && split(keys);
    const number = ++this.#count;
    const self = await this.#link.ask("join", { call: number, callId, as });
    const place = new Place(this.#link, number, { callId, as }, () => this.#calls.delete(number));
    const call = new Call(place, self);
    this.#calls.set(number, place);
    if (given) await this.#link.ask("keys", { call: number, ...given });
    return call;
  }

  /** Leaves every call, wipes their keys and ends the worker. */
  async close() {
    await Promise.all([...this.#calls.values()].map(({ owner }) => owner.close()));
    this.#link.end("call-closed");
  }

  /** `close()`, and this device's keys are deleted for good. */
  async logOut() { await this.#link.ask("logOut").finally(() => this.close()); }
}

/**
 * One call. Events: "message" (`to`, `bytes`: carry these there), "state", "error", and "restarted" (`code`:
 * "core-restarted" or "worker-restarted"; keys that the application gave are gone, and to be given again),
 * "leak-stopped" (`sender`, `track`, `kind`, `rtpSender`: packets left it that were not sealed, so it has no track now).
 */
export class Call extends EventTarget {
  #place;

  /** @internal @param {Place} place @param {string} self */
  constructor(place, self) {
    super();
    this.#place = place;
    place.owner = this;
    /** @readonly */
    this.id = place.joined.callId;
    /** The sender id that others open this side's tracks with. @readonly */
    this.self = self;
    this.closed = false;
  }

  /** For `new RTCPeerConnection()`: Chromium then passes nothing without a transform. @param {RTCConfiguration} [configuration] */
  configuration(configuration = {}) {
    return { ...object(configuration, "configuration"), encodedInsertableStreams: true };
  }

  /**
   * From here on this sender sends sealed frames or nothing. Where that cannot be it throws, and takes
   * the track away. @param {RTCRtpSender} sender @param {{ track?: string }} [options] the receivers' label
   */
  seal(sender, options = {}) {
    if (!(sender instanceof RTCRtpSender)) throw new SealframeError("bad-argument", "sender");
    const kind = sender.track?.kind ?? (sender.dtmf ? "audio" : "video");
    this.#place.attach(sender, () => ({ ...object(options, "options"), direction: "seal", kind, from: this.self }));
  }

  /**
   * From here on this receiver renders genuine frames of that sender and track, or nothing.
   * @param {RTCRtpReceiver} receiver @param {{ from: string, track?: string }} options
   */
  open(receiver, options) {
    if (!(receiver instanceof RTCRtpReceiver)) throw new SealframeError("bad-argument", "receiver");
    const { kind } = receiver.track;
    this.#place.attach(receiver, () => ({ ...object(options, "options"), direction: "open", kind }));
  }

  /** The roster: these devices get this side's keys, no other does. @param {(Bundle | Uint8Array)[]} members */
  async setMembers(members) {
    if (!Array.isArray(members)) throw new SealframeError("bad-argument", "members");
    const bundles = members.map((member) => (member instanceof Uint8Array ? member : member?.bytes));
    await this.#ask("members", { bundles });
  }

  /** Keys of the application's own exchange, instead of `setMembers()`. @param {Keys} keys */
  async setKeys(keys) { await this.#ask("keys", split(keys)); }
  /** What a "message" event elsewhere gave out. @param {Uint8Array} bytes @param {string} [from] that device, if known */
  async receive(bytes, from) { await this.#ask("receive", { bytes, from }); }
  /** A new random key for what this side sends. */
  async rotate() { await this.#ask("rotate"); }
  /** @returns {Promise<Stats>} */
  async stats() {
    const stats = await this.#ask("stats");
    return { ...stats, restarts: stats.restarts + this.#place.link.restarts };
  }

  /** Wipes the keys. Senders stay protected: they send nothing from now on. */
  async close() {
    if (this.closed) return;
    const closed = !this.#place.link.broken && this.#ask("close");
    this.closed = true;
    this.#place.forget();
    await closed;
  }

  /** @param {import("./messages.js").RequestType} type @param {object} [fields] */
  #ask(type, fields) {
    if (this.closed) throw new SealframeError("call-closed");
    return this.#place.ask(type, fields);
  }
}

/** @type {(keys: Keys) => { senders: string[], keys: Uint8Array[] }} */
const split = (keys) => ({ senders: Object.keys(object(keys, "keys")), keys: Object.values(keys) });

/** @template T @param {T} value @param {string} argument @returns {T & object} */
function object(value, argument) {
  if (Object.prototype.toString.call(value) !== "[object Object]") throw new SealframeError("bad-argument", argument);
  return /** @type {T & object} */ (value);
}
