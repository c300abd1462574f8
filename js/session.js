/** One call in the worker: its core, its streams, and the errands that the core sends us on. */
import { isTrap, newCore, now, restart } from "./engine.js";
import { SealframeError, codeOf } from "./errors.js";
import { pump } from "./pump.js";
import { Stream } from "./stream.js";

/** @import { Device } from "./device.js" @import { Labels } from "./messages.js" @import { Transformer } from "./pump.js" */
/** @typedef {import("../target/glue/core.js").Call} Core */
/** @typedef {(core: Core, now: number) => void} Act */

/** Open calls. They share one instance, so one trap is everybody's. @type {Set<Session>} */
const sessions = new Set();
let restarts = 0;

export class Session {
  /** Gone once the call is closed or given up: `gone` says which. @type {Core | undefined} */
  core;
  gone = "";
  #streams = /** @type {Map<string, Stream>} */ (new Map());
  /** The roster, for the next core. */
  #members = /** @type {Uint8Array[]} */ ([]);
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #alarm;
  #clock = setInterval(() => this.#tick(), 1000);

  /**
   * @param {string} callId @param {string} self @param {Device | undefined} device
   * @param {Uint8Array | undefined} serials @param {(notice: object) => void} post
   */
  constructor(callId, self, device, serials, post) {
    this.callId = callId;
    this.self = self;
    this.device = device;
    this.serials = serials;
    this.post = post;
    this.core = newCore(callId, self, device?.bundle, serials);
    sessions.add(this);
  }

  attach(/** @type {Labels} */ labels, /** @type {Transformer} */ transformer) {
    const key = Object.values(labels).join("\0");
    const stream = this.#streams.get(key) ?? new Stream(labels, this);
    this.#streams.set(key, stream);
    stream.transformer = transformer;
    pump(transformer, stream).catch(() => {});
  }

  keys(/** @type {{ senders: string[], keys: Uint8Array[] }} */ { senders, keys }) {
    this.#control((core) => core.set_keys(senders, keys));
    senders.forEach((sender) => this.#requestKeyFrames(sender));
  }

  members(/** @type {{ bundles: Uint8Array[] }} */ { bundles }) {
    this.#control((core, now) => core.set_members(bundles, now));
    this.#members = bundles;
  }

  receive(/** @type {{ bytes: Uint8Array, from?: string }} */ { bytes, from }) {
    this.#control((core, now) => core.receive(bytes, from, now));
  }

  rotate() {
    this.#control((core, now) => core.rotate(now));
  }

  stats() {
    return { streams: [...this.#streams.values()].map((stream) => stream.stats()), restarts };
  }

  close() {
    sessions.delete(this);
    clearTimeout(this.#alarm);
    clearInterval(this.#clock);
    this.core?.close();
    this.core?.free();
    this.#lose("call-closed");
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

  /** Asks the core, then does what it wants done. */
  #control(/** @type {Act} */ act) {
    if (!this.core) throw new SealframeError(this.gone);
    try {
      act(this.core, now());
      for (let errand; (errand = this.core.poll()); ) this.#run(errand);
      this.#remember(this.core.serials());
    } catch (error) {
      if (!isTrap(error)) throw error;
      this.trapped();
      throw new SealframeError("core-restarted");
    }
  }

  /** `#control` where nobody waits for the answer. */
  #inform(/** @type {Act} */ act) {
    try {
      this.#control(act);
    } catch (error) {
      this.post({ type: "error", code: codeOf(error) });
    }
  }

  #run(/** @type {any} */ { type, ticket, ...errand }) {
    if (type === "send") this.post({ type: "message", ...errand });
    else if (type === "refused") this.post({ type: "error", ...errand });
    else if (type === "key") this.#requestKeyFrames(errand.sender);
    else if (type === "sign") this.#answer(ticket, "signed", this.device?.sign(errand.bytes));
    else if (type === "agree") this.#answer(ticket, "agreed", this.device?.agree(errand.public));
    else if (type === "wake") this.#wake(errand.at);
  }

  /** @param {number} ticket @param {"signed" | "agreed"} verb @param {Promise<Uint8Array> | undefined} answer */
  async #answer(ticket, verb, answer) {
    const asked = this.core;
    const bytes = await answer?.catch(() => undefined);
    const act = (/** @type {Core} */ core, /** @type {number} */ now) =>
      bytes ? core[verb](ticket, bytes, now) : core.refused(ticket, now);
    // After a restart the tickets are another core's.
    if (asked && asked === this.core) this.#inform(act);
    bytes?.fill(0);
  }

  /** One for each video track that lost frames for want of this sender's key. */
  #requestKeyFrames(/** @type {string} */ from) {
    for (const { labels, health, transformer } of this.#streams.values()) {
      if (labels.direction !== "open" || labels.sender !== from || !health.starved) continue;
      health.starved = false;
      if (labels.kind === "video") transformer?.sendKeyFrameRequest?.().catch(() => {});
    }
  }

  #wake(/** @type {number} */ at) {
    clearTimeout(this.#alarm);
    this.#alarm = setTimeout(() => this.#tick(), Math.min(Math.max(at - now(), 0), 2 ** 31 - 1));
  }

  #tick() {
    if (this.core) this.#inform((core, now) => core.tick(now));
  }

  /** An envelope from before a reload is refused after it. */
  #remember(/** @type {Uint8Array | undefined} */ serials) {
    if (String(serials) === String(this.serials)) return;
    this.serials = serials;
    this.device?.remember(this.callId, serials);
  }

  #rebuild() {
    this.core = newCore(this.callId, this.self, this.device?.bundle, this.serials);
    this.#streams.forEach(({ health }) => health.lost("core-restarted"));
    this.post({ type: "restarted", code: "core-restarted" });
    if (this.#members.length > 0) this.#inform((core, now) => core.set_members(this.#members, now));
  }

  #lose(/** @type {string} */ code) {
    this.core = undefined;
    this.gone = code;
    this.post({ type: "error", code });
  }
}
