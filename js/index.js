/** End-to-end encryption for WebRTC calls: the public API. */
import { isBytes } from "./brand.js";
import { SealframeError, codeOf } from "./errors.js";
import { Link } from "./link.js";
import { load, normal } from "./load.js";
import { request } from "./messages.js";
import { Place } from "./place.js";
import { isReceiver, isSender } from "./protect.js";
import { Watchdog } from "./watchdog.js";

export { SealframeError };

/** @typedef {import("./types.js").StartOptions} StartOptions @typedef {import("./types.js").Bundle} Bundle */
/** @typedef {import("./types.js").Keys} Keys @typedef {import("./types.js").StateChange} StateChange */
/** @typedef {import("./types.js").Stats} Stats @typedef {import("./types.js").Person} Person */
/** @typedef {import("./types.js").Progress} Progress @typedef {import("./events.js").CallEvents} CallEvents */
/** @typedef {import("./events.js").CallTarget} CallTarget @typedef {Uint8Array<ArrayBuffer>} Bytes */

/** One worker with one WebAssembly core and one device identity. */
export class Sealframe {
  static { named(this, "Sealframe"); }

  #link;
  #calls;
  #count = 0;
  /** What came of `logOut()`. @type {Promise<void> | undefined} */
  #erased;

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
    const { onprogress } = options; // nothing here keeps the options: a password may be in them
    const calls = /** @type {Map<number, Place>} */ (new Map());
    const watchdog = new Watchdog();
    const link = new Link(make, {
      notice({ call, ...news }) {
        if (news.type === "progress") return onprogress?.(news);
        if (news.type === "logged-out") return link.end("logged-out");
        const concerned = call === undefined ? [...calls.values()] : [calls.get(call)];
        concerned.forEach((place) => place?.hear(news));
      },
      calls: () => (watchdog.restart(), [...calls.values()]),
      pulse: (counts) => watchdog.check(counts, calls.values()),
    });
    try {
      return new Sealframe(link, calls, await link.start(fields, { ...fields, password: undefined, file: undefined }));
    } catch (error) {
      link.end("start-failed");
      throw codeOf(error) === "worker-failed" ? new SealframeError("start-failed") : error;
    }
  }

  /**
   * @param {string} callId the same for everyone in the call
   * @param {{ keys?: Keys, passphrase?: string, as?: string }} [options] `keys`: from the application's own
   *   exchange; `passphrase`: what all in the call know; `as`: this side's name then, by default its device's id
   */
  async join(callId, options = {}) {
    const { keys, passphrase, as } = object(options, "options");
    const given = keys && split(keys);
    if (given) request({ type: "keys", call: 0, ...given });
    if (passphrase !== undefined) request({ type: "passphrase", call: 0, passphrase });
    const exchange = !given && passphrase === undefined;
    // What members know a device by is its id.
    if (exchange && this.bundle && as !== undefined) throw new SealframeError("bad-argument", "as");
    const number = ++this.#count;
    const joined = { callId, as, exchange };
    const self = await this.#link.ask("join", { call: number, ...joined });
    const place = new Place(this.#link, number, joined, () => this.#calls.delete(number));
    const call = new Call(place, self);
    this.#calls.set(number, place);
    try {
      if (given) await this.#link.ask("keys", { call: number, ...given });
      if (passphrase !== undefined) await call.setPassphrase(passphrase);
    } catch (error) {
      await call.close().catch(() => {}); // the first reason counts
      throw error;
    }
    return call;
  }

  /** 60 digits, the same for this device and that one and for no other pair: two people compare them. @param {Bundle | Uint8Array} bundle @returns {Promise<string>} */
  async safetyNumber(bundle) { return this.#link.ask("safetyNumber", { bundle: bytesOf(bundle) }); }
  /** The next time that this person has this device, "keys-changed" warns of it again. @param {string} name @param {string} id of the device */
  async forgetDevice(name, id) { await this.#link.ask("forgetDevice", { name, device: id }); }
  /** This device's keys under its recovery password, to be kept elsewhere. @returns {Promise<Bytes>} */
  async recoveryFile() { return this.#link.ask("recoveryFile"); }

  /** Leaves every call, wipes their keys and ends the worker: that has none which is not ready. */
  async close() {
    this.#link.closing = true;
    const closed = Promise.allSettled([...this.#calls.values()].map(({ owner }) => owner.close()));
    if (this.#link.ready) await closed;
    this.#link.end("call-closed");
  }

  /** `close()`, and this device's keys and all that it knew are deleted for good, in every page of this profile. */
  logOut() { return (this.#erased ??= this.#erase()); }

  async #erase() {
    try {
      await this.#link.ask("logOut");
    } finally {
      this.#link.end("call-closed");
      await this.close();
    }
  }
}

/** One call. Its events and their fields: `CallEvents` in events.ts. */
export class Call extends /** @type {new () => CallTarget} */ (EventTarget) {
  static { named(this, "Call"); }

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
   * From here on this sender sends sealed frames or nothing. Where that cannot be it throws, and the
   * sender has no track, and takes none, until a later call succeeds. @param {RTCRtpSender} sender @param {{ track?: string, codec?: string }} [options]
   *   `track`: the receivers' label; `codec`: such as "video/VP8", for a browser whose frames do not say theirs
   */
  seal(sender, options = {}) {
    if (!isSender(sender)) throw new SealframeError("bad-argument", "sender");
    const kind = sender.track?.kind ?? (sender.dtmf ? "audio" : "video");
    this.#place.attach(sender, () => ({ ...object(options, "options"), direction: "seal", kind, from: this.self }));
  }

  /**
   * From here on this receiver renders genuine frames of that sender and track, or nothing; where it
   * throws, nothing.
   * @param {RTCRtpReceiver} receiver @param {{ from: string, track?: string, codec?: string }} options
   */
  open(receiver, options) {
    if (!isReceiver(receiver)) throw new SealframeError("bad-argument", "receiver");
    const { kind } = receiver.track;
    this.#place.attach(receiver, () => ({ ...object(options, "options"), direction: "open", kind }));
  }

  /**
   * The roster: these devices get this side's keys, no other does. If one is refused, nobody is added, who is
   * named no more is removed, and the error has its place in `members` as `index`. "keys-changed" (`name`,
   * `added`) names devices of a person that this profile never saw. @param {(Bundle | Uint8Array | Person)[]} members
   */
  async setMembers(members) {
    const { places, ...stated } = roster(members);
    const refused = await this.#ask("members", stated);
    if (refused) throw Object.assign(new SealframeError(refused.code), { index: places[refused.index] });
  }

  /** Keys of the application's own exchange, instead of `setMembers()`. @param {Keys} keys */
  async setKeys(keys) { await this.#ask("keys", split(keys)); }
  /** What all in the call know, instead of both. Takes about a second. @param {string} passphrase */
  async setPassphrase(passphrase) { await this.#ask("passphrase", { passphrase: normal(passphrase) }); }
  /** A message of any kind, sealed like frames, for everyone or for one member. @param {Uint8Array} bytes @param {{ to?: string }} [options] @returns {Promise<Bytes>} */
  async sealData(bytes, options = {}) { return this.#ask("sealData", { bytes, to: object(options, "options").to }); }
  /** Such a message of that member, once: throws where it is not genuine, or came before. @param {Uint8Array} bytes @param {string} from @returns {Promise<Bytes>} */
  async openData(bytes, from) { return this.#ask("openData", { bytes, from }); }
  /** What a "message" event elsewhere gave out. @param {Uint8Array} bytes @param {string} [from] that device, if known */
  async receive(bytes, from) { await this.#ask("receive", { bytes, from }); }
  /** A new random key for what this side sends. */
  async rotate() { await this.#ask("rotate"); }
  /** The connection to the signaling server is back: what waits to be said again is said now. */
  async reconnected() { await this.#ask("reconnected"); }
  /** @returns {Promise<Stats>} */
  async stats() {
    const stats = await this.#ask("stats");
    return { ...stats, restarts: stats.restarts + this.#place.link.restarts };
  }

  /** Wipes the keys. Senders stay protected: they send nothing from now on. */
  async close() {
    if (this.closed) return;
    const place = this.#place;
    const closed = place.broken ? undefined : this.#ask("close");
    this.closed = true;
    place.forget();
    // A worker that ended took the keys with it, and the next does not know this call.
    await closed?.catch((error) => place.broken || GONE.has(error.code) || Promise.reject(error));
  }

  /** @param {import("./messages.js").RequestType} type @param {object} [fields] */
  #ask(type, fields) {
    if (this.closed) throw new SealframeError("call-closed");
    return this.#place.ask(type, fields);
  }
}

/**
 * What frameworks and consoles call it, though bundlers rename classes. Vue puts a proxy in front of
 * what calls itself an Object, and private fields are not to be had through one.
 * @param {{ prototype: object }} of @param {string} name
 */
function named(of, name) {
  Object.defineProperty(of, "name", { value: name });
  Object.defineProperty(of.prototype, Symbol.toStringTag, { value: name });
}

/** What a worker says, or is said of one, that has no such call. */
const GONE = new Set(["call-closed", "worker-restarted"]);

/** @type {(keys: Keys) => { senders: string[], keys: Uint8Array[] }} */
const split = (keys) => ({ senders: Object.keys(object(keys, "keys")), keys: Object.values(keys) });

const bytesOf = (/** @type {any} */ bundle) => (isBytes(bundle) ? bundle : bundle?.bytes);

/** Devices, what each is called and whose it is (an index into the names), the persons' names; and of each device the place in `members`. @param {(Bundle | Uint8Array | Person)[]} members */
function roster(members) {
  if (!Array.isArray(members)) throw new SealframeError("bad-argument", "members");
  const names = /** @type {string[]} */ ([]);
  const all = members.flatMap((/** @type {any} */ member, place) => {
    if (!(typeof member === "object" && member && "devices" in member)) return [{ device: member, owner: undefined, place }];
    if (!Array.isArray(member.devices)) throw new SealframeError("bad-argument", "devices");
    const owner = names.push(member.name) - 1;
    return member.devices.map((/** @type {any} */ device) => ({ device, owner, place }));
  });
  const ids = all.map(({ device }) => (isBytes(device) ? undefined : device?.id));
  return { bundles: all.map(({ device }) => bytesOf(device)), ids, owners: all.map(({ owner }) => owner), names, places: all.map(({ place }) => place) };
}

/** @template T @param {T} value @param {string} argument @returns {T & object} */
function object(value, argument) {
  if (Object.prototype.toString.call(value) !== "[object Object]") throw new SealframeError("bad-argument", argument);
  return /** @type {T & object} */ (value);
}
