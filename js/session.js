/** One call in the worker: its core, its streams, and the errands that the core sends us on. */
import { encapsulate, verify } from "./device.js";
import { Core, deviceId, isTrap, now, restart } from "./engine.js";
import { SealframeError, codeOf } from "./errors.js";
import { pump } from "./pump.js";
import { Stream } from "./stream.js";
import { vault } from "./vault.js";

/** @typedef {(core: Core, now: number) => void} Act @typedef {{ callId: string, self: string,
 *   device?: import("./device.js").Device, post(notice: object): void, leave(): void }} Context */

/** What the core calls the suite of a hybrid device. */
const HYBRID = "mlkem768-p256";
/** Of so many tracks that are gone the counters stay, for them to go on where they come back. */
const KEPT = 64;
/** Open calls. They share one instance, so one trap is everybody's. @type {Set<Session>} */
const sessions = new Set();
let restarts = 0;

export class Session {
  /** Gone once the call is closed or given up: `gone` says which. @type {Core | undefined} */
  core;
  gone = "";
  /** One for each sender or receiver that is attached, by its slot. */
  #streams = /** @type {Map<number, Stream>} */ (new Map());
  /** Streams whose sender or receiver is gone; the one that left last stands last. */
  #gone = /** @type {Stream[]} */ ([]);
  /** The roster that counts, for the next core. @type {{ bundles: Uint8Array[], ids: (string | undefined)[] } | undefined} */
  #members;
  /** Ids of devices that make the call classic, as the page was told last. @type {string | undefined} */
  #classic;
  #known = /** @type {Set<string>} */ (new Set());
  /** Whether somebody has joined since our key last changed. */
  #joined = false;
  /** Counts passphrases: the newest is in force, not the one whose key is found last. */
  #given = 0;
  #alarm = 0;
  /** Agreement keys of this stay in the call; a core that follows another has its own. @type {import("./device.js").Stay | undefined} */
  #stay;

  constructor(/** @type {Context} */ context) {
    this.context = context;
    sessions.add(this);
  }

  static async open(/** @type {Context} */ context) {
    const session = new Session(context);
    await session.#begin().catch((error) => (sessions.delete(session), Promise.reject(error)));
    return session;
  }

  /** @param {import("./types.js").Ward & { again: boolean }} ward @param {import("./types.js").Transformer} transformer */
  attach({ slot, again, replaces, codec, ...labels }, transformer) {
    if (replaces !== undefined) this.left({ slot: replaces });
    const stream = this.#streams.get(slot) ?? new Stream(slot, labels, this, this.#takeGone(labels));
    this.#streams.set(slot, stream);
    stream.attached(again, codec, transformer);
    pump(transformer, stream, stream.count).catch(() => {});
  }

  /** The stream whose counters go on where a track comes back. @param {import("./types.js").Labels} labels */
  #takeGone(labels) {
    const at = this.#gone.findIndex((stream) => stream.isOf(labels));
    return at < 0 ? undefined : this.#gone.splice(at, 1)[0];
  }

  keys(/** @type {any} */ { senders, keys }) {
    this.#control((core) => core.set_keys(senders, keys));
    this.#ownKeyed();
    senders.forEach((/** @type {string} */ sender) => this.#keyed(sender));
  }

  async passphrase(/** @type {any} */ { passphrase }) {
    const given = ++this.#given;
    const key = await vault("call_key", passphrase, this.context.callId);
    try {
      if (given !== this.#given) return;
      this.#control((core) => core.set_call_key(key));
    } finally {
      key.fill(0);
    }
    this.#ownKeyed();
    const senders = new Set([...this.#streams.values()].map(({ labels }) => labels.sender));
    senders.forEach((sender) => this.#keyed(sender));
  }

  /** @returns {Promise<{ code: string, index: number, bundles: Uint8Array[] } | undefined>} what was refused, and the roster that stays */
  async members(/** @type {any} */ { bundles, ids, owners, names }) {
    const { device, post, self } = this.context;
    const devices = /** @type {string[]} */ (bundles.map(idOf));
    this.#joined ||= devices.some((id) => !this.#known.has(id));
    const refused = this.#state(bundles, ids);
    const there = this.#there();
    this.#known = new Set([self, ...there.map(({ id }) => id)]);
    this.#tellSuite(there);
    if (refused) return refused;
    const persons = names.map((/** @type {string} */ name) => ({ name, devices: [] }));
    devices.forEach((id, i) => persons[owners[i]]?.devices.push(id));
    // The roster counts by now, and does not wait for the memory of persons.
    device?.meet(persons, post);
  }

  /** Should the core trap, or another just be made, that one is told. @param {Uint8Array[]} bundles @param {(string | undefined)[]} ids */
  #state(bundles, ids) {
    const before = this.#members;
    this.#members = { bundles, ids };
    /** @type {any} */
    let refused;
    try {
      this.#control((core, now) => {
        try { core.set_members(bundles, ids, now); }
        catch (/** @type {any} */ error) { if (error.index === undefined) throw error; refused = error; }
      });
    } catch (error) {
      if (codeOf(error) === "core-restarted") return undefined;
      this.#members = before;
      throw error;
    }
    if (!refused) return undefined;
    const there = new Set(this.#there().map(({ id }) => id));
    const stay = before?.bundles.filter((bundle) => there.has(deviceId(bundle))) ?? [];
    this.#members = { bundles: stay, ids: [] };
    return { code: refused.code, index: refused.index, bundles: stay };
  }

  /** Of members and, where its own keys are the reason, of this device. @param {import("./types.js").MemberStats[]} there */
  #classicDevices(there) {
    const { device, self } = this.context;
    const others = there.filter(({ kem }) => kem !== HYBRID).map(({ id }) => id);
    return !device || device.hybrid ? others : [self, ...others];
  }

  /** @param {import("./types.js").MemberStats[]} there */
  #tellSuite(there) {
    const classic = this.#classicDevices(there);
    if (this.#classic === classic.join()) return;
    this.#classic = classic.join();
    this.context.post({ type: "post-quantum", hybrid: classic.length === 0, classic });
  }

  /** The members, as the core has them now. @returns {import("./types.js").MemberStats[]} */
  #there() { return this.core?.members() ?? []; }

  receive(/** @type {any} */ { bytes, from }) { this.#control((core, now) => core.receive(bytes, from, now)); }
  sealData(/** @type {any} */ { bytes, to }) { return this.#control((core) => core.seal_data(bytes, to)); }
  openData(/** @type {any} */ { bytes, from }) { return this.#control((core) => core.open_data(bytes, from)); }

  /** Of senders and receivers, where they changed since they were asked for last. */
  counts() {
    const counts = [...this.#streams].map(([slot, stream]) => [slot, stream.takeCount()]);
    return Object.fromEntries(counts.filter(([, count]) => count));
  }

  /** The page found that this sender's packets are not ours, and stopped it. */
  leaked(/** @type {{ slot: number }} */ { slot }) {
    this.#streams.get(slot)?.leak();
  }

  /** What this sender's payload types mean. @param {{ slot: number, types: number[], mimes: string[] }} list */
  codecs({ slot, types, mimes }) {
    this.#streams.get(slot)?.types.take(types, mimes);
  }

  /** The page found that what passes this sender or receiver gets nowhere, or, without a code, that it does again. */
  fault(/** @type {{ slot: number, code: string }} */ { slot, code }) {
    this.#streams.get(slot)?.fault(code);
  }

  /** The page has this sender or receiver no more. */
  left(/** @type {{ slot: number }} */ { slot }) {
    const stream = this.#streams.get(slot);
    if (!stream) return;
    this.#streams.delete(slot);
    this.#gone = [...this.#gone, stream].slice(-KEPT);
    this.#inform(() => stream.leave());
  }

  reconnected() { this.#control((core, now) => core.reconnected(now)); }
  rotate() { this.#control((core, now) => core.rotate(now)); }

  stats() {
    const streams = [...this.#gone, ...this.#streams.values()].map((stream) => stream.stats());
    const members = this.#there();
    const classic = this.#classicDevices(members);
    const hybrid = this.context.device && classic.length === 0;
    return { streams, members, hybrid, classic, restarts };
  }

  close() { this.end("call-closed"); }

  end(/** @type {string} */ code) {
    sessions.delete(this);
    this.core?.close();
    this.core?.free();
    this.#lose(code);
    this.context.leave();
  }

  /** The core trapped: of what it held nothing is believed, and nothing kept. */
  trapped() {
    try {
      restart();
      restarts++;
      sessions.forEach((session) => session.#rebuild());
    } catch {
      sessions.forEach((session) => session.#lose("worker-failed"));
    }
  }

  /** Asks the core, then does what it wants done. @template T @param {(core: Core, now: number) => T} act */
  #control(act) {
    if (!this.core) throw new SealframeError(this.gone);
    try {
      const answer = act(this.core, now());
      for (let errand; (errand = this.core.poll()); ) this.#run(errand);
      return answer;
    } catch (error) {
      if (!isTrap(error)) throw error;
      this.trapped();
      throw new SealframeError("core-restarted");
    }
  }

  /** `#control` where nobody waits for the answer. */
  #inform(/** @type {Act} */ act) {
    try { if (this.core) this.#control(act); }
    catch (error) { this.context.post({ type: "error", code: codeOf(error) }); }
  }

  #run(/** @type {any} */ { type, ticket, ...errand }) {
    const { post, device } = this.context;
    if (type === "send") post({ type: "message", ...errand });
    else if (type === "refused") post({ type: "error", ...errand });
    else if (type === "key") this.#keyed(errand.sender);
    else if (type === "own-key") this.#ownKeyed();
    else if (type === "sign") this.#answer(ticket, "signed", device?.sign(errand));
    else if (type === "agree") this.#answer(ticket, "agreed", this.#stay?.agree(errand));
    else if (type === "verify") this.#answer(ticket, "verified", verify(errand));
    else if (type === "encapsulate") this.#answer(ticket, "encapsulated", encapsulate(errand));
    else if (type === "twice") post({ type: "device-twice", ...errand });
    else if (type === "wake") this.#wake(errand.at);
  }

  /**
   * @param {number} ticket @param {"signed" | "agreed" | "verified" | "encapsulated"} verb
   * @param {Promise<any[]> | undefined} answer what the core is told, and what is wiped afterwards
   */
  async #answer(ticket, verb, answer) {
    const asked = this.core;
    const values = await answer?.catch(() => undefined);
    // After a restart the tickets are another core's.
    if (asked === this.core) {
      const tell = (/** @type {any} */ core, /** @type {number} */ now) => core[verb](ticket, ...(values ?? []), now);
      this.#inform((core, now) => (values ? tell(core, now) : core.refused(ticket, now)));
    }
    values?.forEach((value) => value.fill?.(0));
  }

  /** Each video track that lost frames for want of this key asks for one key frame. */
  #keyed(/** @type {string} */ from) {
    this.#streams.forEach((stream) => stream.labels.direction === "open" && stream.labels.sender === from && stream.keyed());
  }

  /** Our key has changed: whoever has seen no frame of ours before, or missed some, needs a key frame. */
  #ownKeyed() {
    this.#streams.forEach((stream) => stream.labels.direction === "seal" && stream.keyed(this.#joined));
    this.#joined = false;
  }

  /** The core wants to know the time once a second, and at the moments it names. */
  #wake(at = Infinity) {
    const tick = () => (this.#wake(), this.#inform((core, now) => core.tick(now)));
    clearTimeout(this.#alarm);
    this.#alarm = setTimeout(tick, Math.min(Math.max(at - now(), 0), 1000));
  }

  /** Until there are keys for this stay there is no core, and no frame passes. */
  async #begin() {
    const { callId, self, device } = this.context;
    const stay = await device?.stay();
    // Closed meanwhile, or begun again by another restart.
    if (!sessions.has(this) || this.core) return;
    this.core = new Core(callId, self, device?.bundle, stay?.point, device?.weakest ?? 1, now());
    this.#stay = stay;
    this.#wake();
  }

  async #rebuild() {
    this.core = undefined;
    this.gone = "core-restarted";
    this.#streams.forEach(({ health }) => health.become("waiting-for-key", "core-restarted"));
    await this.#begin().catch((error) => this.#lose(codeOf(error)));
    this.context.post({ type: "restarted", code: "core-restarted" });
    const members = this.#members;
    if (members) this.#inform((core, now) => core.set_members(members.bundles, members.ids, now));
  }

  #lose(/** @type {string} */ code) {
    clearTimeout(this.#alarm);
    this.core = undefined;
    this.gone = code;
    this.context.post({ type: "error", code });
  }
}

/** Of what is no bundle: nothing. */
function idOf(/** @type {Uint8Array} */ bundle) {
  try { return deviceId(bundle); }
  catch { return ""; }
}
