/** End-to-end encryption for WebRTC calls: the public API. */
import { SealframeError, codeOf } from "./errors.js";
import { Link } from "./link.js";
import { load } from "./load.js";
import { attachment } from "./messages.js";
import { protect } from "./protect.js";

export { SealframeError };

/**
 * @typedef {import("./load.js").StartOptions} StartOptions
 * @typedef {import("./messages.js").StateChange} StateChange
 * @typedef {{ readonly id: string, readonly bytes: Uint8Array }} Bundle a device's public keys
 * @typedef {{ [sender: string]: Uint8Array }} Keys 16 to 64 bytes for each sender
 * @typedef {{ streams: StreamStats[], restarts: number }} Stats
 * @typedef {StateChange & {
 *   frames: number, bytes: number, overhead: number, dropped: { [code: string]: number },
 *   microseconds: { p50: number, p99: number } }} StreamStats
 *   `frames` were sealed, or opened and found genuine; `bytes` is their plain size, `overhead`
 *   what sealing added; `microseconds` a frame
 */

/** One worker with one WebAssembly core and one device identity. */
export class Sealframe {
  #link;
  #calls;
  #count = 0;

  /** @internal @param {Link} link @param {Map<number, Call>} calls @param {Bundle} [bundle] */
  constructor(link, calls, bundle) {
    this.#link = link;
    this.#calls = calls;
    /** This device's public keys, for others to list as a member. @readonly */
    this.bundle = bundle && Object.freeze(bundle);
  }

  /** Starts the worker. May be called again after it failed. @param {StartOptions} [options] */
  static async start(options = {}) {
    const { make, fields } = load(object(options, "options"));
    const calls = /** @type {Map<number, Call>} */ (new Map());
    const link = new Link(make(), ({ call, type, ...news }) => {
      const concerned = call === undefined ? [...calls.values()] : [calls.get(call)];
      concerned.forEach((one) => one?.dispatchEvent(Object.assign(new Event(type), news)));
    });
    try {
      return new Sealframe(link, calls, await link.ask("start", fields));
    } catch (error) {
      const code = codeOf(error) === "bad-argument" ? "bad-argument" : "start-failed";
      link.end(code);
      throw code === codeOf(error) ? error : new SealframeError(code);
    }
  }

  /**
   * @param {string} callId the same for everyone in the call
   * @param {{ keys?: Keys, as?: string }} [options] `keys` of the application's own exchange; `as`:
   *   what this side is called there, by default its device's id
   */
  async join(callId, options = {}) {
    const { keys, as } = object(options, "options");
    const given = keys && split(keys);
    const number = ++this.#count;
    const self = await this.#link.ask("join", { call: number, callId, as });
    const call = new Call(this.#link, number, callId, self, () => this.#calls.delete(number));
    this.#calls.set(number, call);
    if (given) await this.#link.ask("keys", { call: number, ...given });
    return call;
  }

  /** Leaves every call, wipes their keys and ends the worker. */
  async close() {
    await Promise.all([...this.#calls.values()].map((call) => call.close()));
    this.#link.end("call-closed");
  }

  /** `close()`, and this device's keys are deleted for good. */
  async logOut() {
    await Promise.all([...this.#calls.values()].map((call) => call.close()));
    await this.#link.ask("logOut").finally(() => this.#link.end("call-closed"));
  }
}

/**
 * One call. Events: "message" (`to`, `bytes`: carry these to that device), "state" (StateChange),
 * "error" (`code`, maybe `from`) and "restarted" (`code`).
 */
export class Call extends EventTarget {
  #link;
  #number;
  #forget;

  /**
   * @internal
   * @param {Link} link @param {number} number @param {string} id @param {string} self
   * @param {() => void} forget
   */
  constructor(link, number, id, self, forget) {
    super();
    this.#link = link;
    this.#number = number;
    this.#forget = forget;
    /** @readonly */
    this.id = id;
    /** The sender id that others open this side's tracks with. @readonly */
    this.self = self;
    this.closed = false;
  }

  /**
   * For `new RTCPeerConnection(…)`: with this flag Chromium passes no frame without a transform.
   * Other browsers ignore it. @param {RTCConfiguration} [configuration]
   */
  configuration(configuration = {}) {
    return { ...object(configuration, "configuration"), encodedInsertableStreams: true };
  }

  /**
   * From here on this sender sends sealed frames or nothing. Throws where that cannot be promised,
   * and then takes the sender's track away. `track` is the label that receivers open it with.
   * @param {RTCRtpSender} sender @param {{ track?: string }} [options]
   */
  seal(sender, options = {}) {
    if (!isA("RTCRtpSender", sender)) throw new SealframeError("bad-argument", "sender");
    const kind = sender.track?.kind ?? (sender.dtmf ? "audio" : "video");
    this.#attach(sender, () => ({ ...object(options, "options"), direction: "seal", kind, from: this.self }));
  }

  /**
   * From here on this receiver renders genuine frames of that sender and track, or nothing.
   * @param {RTCRtpReceiver} receiver @param {{ from: string, track?: string }} options
   */
  open(receiver, options) {
    if (!isA("RTCRtpReceiver", receiver)) throw new SealframeError("bad-argument", "receiver");
    const { kind } = receiver.track;
    this.#attach(receiver, () => ({ ...object(options, "options"), direction: "open", kind }));
  }

  /** The roster: these devices get this side's keys, no other does. @param {(Bundle | Uint8Array)[]} members */
  async setMembers(members) {
    if (!Array.isArray(members)) throw new SealframeError("bad-argument", "members");
    const bundles = members.map((member) => (member instanceof Uint8Array ? member : member?.bytes));
    await this.#ask("members", { bundles });
  }

  /** Keys of the application's own exchange, instead of `setMembers()`. @param {Keys} keys */
  async setKeys(keys) {
    await this.#ask("keys", split(keys));
  }

  /**
   * What a "message" event of another device gave out; `from` is that device, if signaling knows.
   * @param {Uint8Array} bytes @param {string} [from]
   */
  async receive(bytes, from) {
    await this.#ask("receive", { bytes, from });
  }

  /** A new random key for what this side sends. */
  async rotate() {
    await this.#ask("rotate");
  }

  /** @returns {Promise<Stats>} */
  async stats() {
    return this.#ask("stats");
  }

  /** Wipes the keys. Senders stay protected: they send nothing from now on. */
  async close() {
    if (this.closed) return;
    const closed = this.#link.broken ? undefined : this.#ask("close");
    this.closed = true;
    this.#forget();
    await closed;
  }

  /** @param {import("./messages.js").RequestType} type @param {object} [fields] */
  #ask(type, fields) {
    if (this.closed) throw new SealframeError("call-closed");
    return this.#link.ask(type, { ...fields, call: this.#number });
  }

  /** @param {any} target @param {() => { from?: string, track?: string }} labels */
  #attach(target, labels) {
    protect(target, this, () => {
      const broken = this.closed ? "call-closed" : this.#link.broken;
      if (broken) throw new SealframeError(broken);
      const { from: sender, track = "", ...rest } = labels();
      const options = attachment({ ...rest, call: this.#number, sender, track });
      return new RTCRtpScriptTransform(this.#link.worker, options);
    });
  }
}

function split(/** @type {Keys} */ keys) {
  const entries = Object.entries(object(keys, "keys"));
  return { senders: entries.map(([sender]) => sender), keys: entries.map(([, key]) => key) };
}

/** @template T @param {T} value @param {string} argument @returns {T & object} */
function object(value, argument) {
  const plain = value !== null && typeof value === "object" && !Array.isArray(value) && !ArrayBuffer.isView(value);
  if (!plain) throw new SealframeError("bad-argument", argument);
  return value;
}

function isA(/** @type {"RTCRtpSender" | "RTCRtpReceiver"} */ name, /** @type {unknown} */ value) {
  return globalThis[name] !== undefined && value instanceof globalThis[name];
}
