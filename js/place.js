/** A call as the page remembers it, so that the worker after a crash can take it up where it was. */
import { SealframeError, codeOf } from "./errors.js";
import { attachment } from "./messages.js";
import { isOver, isSender, protect, renew } from "./protect.js";
import { stop } from "./watchdog.js";

/** @typedef {import("./protect.js").Target} Target @typedef {import("./link.js").Ask} Ask */
/** @typedef {import("./types.js").Ward} Ward */
/** @typedef {{ bundles: Uint8Array[], ids: (string | undefined)[], owners: (number | undefined)[], names: string[] }} Roster */

let slots = 0;
/** Receivers of one track that may be open at a time: as many as the core has replay windows for. */
const RECEIVERS = 8;

export class Place {
  /** By slot. Who closed a connection and let go of it need not tell us. */
  #wards = /** @type {Map<number, { ref: WeakRef<Target>, ward: Ward }>} */ (new Map());
  /** Rosters in the order in which they were stated: the last one that counts, and those that the core has not answered. @type {Map<number, Roster>} */
  #rosters = new Map();
  #stated = 0;
  /** Senders whose tones it hears of. @type {WeakSet<Target>} */
  #heard = new WeakSet();
  /** Why another worker could not take it up, if so. */
  #refused = "";

  /** Whom its events are for. @type {import("./index.js").Call} */
  owner = /** @type {any} */ (undefined);

  /**
   * @param {import("./link.js").Link} link @param {number} call its number
   * @param {{ callId: string, as?: string, exchange: boolean }} joined `exchange`: whether its keys come from devices
   * @param {() => void} forget
   */
  constructor(link, call, joined, forget) {
    this.link = link;
    this.call = call;
    this.joined = joined;
    this.forget = forget;
  }

  /** Why nothing more is asked of it; empty while all is well. */
  get broken() { return this.#refused || this.link.broken; }
  /** Whether nothing of it will ever pass again, so that another call may take what it has. */
  get closed() { return this.owner.closed || this.broken !== ""; }

  /** @param {{ type: string, slot?: number, [field: string]: unknown }} news of this call, from the worker or the watchdog */
  hear({ type, ...news }) {
    if (type === "key-frame") this.#makeKeyFrame(news.slot);
    else if (type === "codecs") this.tellCodecs(news.slot).catch(() => {}); // it asks again
    else this.owner.dispatchEvent(Object.assign(new Event(type), news));
  }

  /** @type {Ask} */
  async ask(type, fields) {
    if (this.#refused) throw new SealframeError(this.#refused);
    const answer = this.link.ask(type, { ...fields, call: this.call });
    if (type === "members") await this.#state(structuredClone(fields), answer);
    return answer;
  }

  /** Of answers that overtake each other the newest roster's counts. @param {any} roster @param {Promise<any>} answer */
  async #state(roster, answer) {
    const number = ++this.#stated;
    this.#rosters.set(number, roster);
    try {
      const refused = await answer;
      if (refused) this.#rosters.set(number, { bundles: refused.bundles, ids: [], owners: [], names: [] });
    } catch (error) {
      this.#rosters.delete(number);
      throw error;
    }
    [...this.#rosters.keys()].forEach((older) => older < number && this.#rosters.delete(older));
  }

  /** Protects a sender or receiver, or throws. @param {Target} target @param {() => any} labels */
  attach(target, labels) {
    const { owner } = this;
    /** @type {Ward | undefined} */
    let ward;
    const replaces = this.#slotOf(target);
    protect(target, this, () => {
      if (this.closed) throw new SealframeError(owner.closed ? "call-closed" : this.broken);
      const { from: sender, track = "", ...way } = labels();
      const { call, again, ...parsed } = attachment({ ...way, call: this.call, slot: ++slots, again: false, replaces, sender, track });
      this.#checkOthers(target, parsed);
      ward = parsed;
      return this.link.connect({ ...parsed, call, again });
    }, () => this.link.mute());
    if (replaces !== undefined) this.drop(replaces);
    if (ward) this.#wards.set(ward.slot, { ref: new WeakRef(target), ward });
    this.#hearTones(target);
  }

  /**
   * A tone that played when it was sealed is in no buffer, and passes the transform in plaintext. The
   * browser fires "tonechange" when it is over, or when one begins.
   */
  #hearTones(/** @type {Target} */ target) {
    if (this.#heard.has(target) || !isSender(target)) return;
    this.#heard.add(target);
    target.dtmf?.addEventListener("tonechange", () => {
      if (!this.closed) this.each((sender, ward) => sender === target && stop(this, target, ward));
    });
  }

  /** Which slot this sender or receiver has already. */
  #slotOf(/** @type {Target} */ target) {
    return [...this.#wards].find(([, { ref }]) => ref.deref() === target)?.[0];
  }

  /** What others of the same labels allow. @param {Target} target @param {Ward} ward */
  #checkOthers(target, { direction, kind, sender, track }) {
    const others = /** @type {Target[]} */ ([]);
    this.each((other, ward) => {
      const same = ward.direction === direction && ward.kind === kind && ward.sender === sender && ward.track === track;
      if (same && other !== target && !isOver(other)) others.push(other);
    });
    if (direction === "open" && others.length >= RECEIVERS) throw new SealframeError("too-many-receivers");
    // Two tracks without a label would be one to the receivers, who could be given either for the other.
    const carries = (/** @type {Target} */ { track: media }) => media && media.readyState === "live" && target.track && media !== target.track;
    if (direction === "seal" && track === "" && others.some(carries)) throw new SealframeError("bad-argument", "track");
  }

  /** All that are still there. @param {(target: Target, ward: Ward) => void} act */
  each(act) {
    this.#wards.forEach(({ ref, ward }) => {
      const target = ref.deref();
      target ? act(target, ward) : this.drop(ward.slot);
    });
  }

  /** Neither side keeps it. */
  drop(/** @type {number} */ slot) {
    this.#wards.delete(slot);
    this.ask("left", { slot }).catch(() => {}); // another worker never knew it
  }

  /** For a worker that has just begun; ends where that refuses it. @param {Ask} ask */
  async rejoin(ask) {
    const { call } = this;
    try {
      await ask("join", { ...this.joined, call });
    } catch (error) {
      const code = codeOf(error);
      if (this.link.broken || code === "worker-restarted") throw error;
      this.#refused = code;
      this.forget();
      return this.hear({ type: "error", code });
    }
    await this.#restate(ask);
    this.each((target, ward) => this.renew(target, ward));
  }

  /** The newest roster. If that is refused, which one without an answer may be, the one before it, without those that the newer one no longer names. */
  async #restate(/** @type {Ask} */ ask) {
    let newer = /** @type {Roster[]} */ ([]);
    for (const roster of [...this.#rosters.values()].reverse()) {
      try {
        const refused = await ask("members", { ...newer.reduce(onlyNamed, roster), call: this.call });
        if (!refused) return;
        newer = [...newer, roster];
      } catch (error) { if (codeOf(error) === "worker-restarted") throw error; }
    }
  }

  /**
   * Another transform in place of whatever there is. A target whose connection was closed keeps its
   * dead worker, as does one with streams, which exist once: they pass nothing.
   * @param {Target} target @param {Ward} ward
   */
  renew(target, ward) {
    try { renew(target, this.link.connect({ ...ward, call: this.call, again: true })()); } catch { /* the watchdog tries again */ }
  }

  /** What a sender's payload types mean. */
  async tellCodecs(/** @type {number | undefined} */ slot) {
    const sender = this.#wards.get(slot ?? -1)?.ref.deref();
    const codecs = sender?.getParameters().codecs ?? [];
    const [types, mimes] = [codecs.map(({ payloadType }) => payloadType), codecs.map(({ mimeType }) => mimeType)];
    await this.ask("codecs", { slot, types, mimes });
  }

  /** Chromium (156) has no `generateKeyFrame()`, but this; others refuse the second argument or ignore it. */
  #makeKeyFrame(/** @type {number | undefined} */ slot) {
    const sender = this.#wards.get(slot ?? -1)?.ref.deref();
    if (!isSender(sender)) return;
    const parameters = sender.getParameters();
    const encodingOptions = parameters.encodings.map(() => ({ keyFrame: true }));
    /** @type {any} */ (sender).setParameters(parameters, { encodingOptions }).catch(() => {});
  }
}

/** A roster without the devices that a newer one does not name. @type {(roster: Roster, newer: Roster) => Roster} */
function onlyNamed({ bundles, ids, owners, names }, newer) {
  const same = (/** @type {Uint8Array} */ one) => (/** @type {Uint8Array} */ other) => one.join() === other.join();
  const named = (/** @type {unknown} */ _, /** @type {number} */ i) => newer.bundles.some(same(bundles[i])) || (ids[i] && newer.ids.includes(ids[i]));
  return { bundles: bundles.filter(named), ids: ids.filter(named), owners: owners.filter(named), names };
}
