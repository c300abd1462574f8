/**
 * The page's end of the wire to the worker: requests out, replies and notices in. A worker that
 * dies, crashes or hangs is replaced by another, up to a limit. It holds a Web Lock as long as it
 * lives and the page waits for that lock; one that hangs is known by the pulse that it stops sending.
 * An answer may take its time: the worker has a limit of its own for each thing that it waits for.
 */
import { SealframeError } from "./errors.js";
import { within } from "./limit.js";
import { VAULT, isRepeatable, request } from "./messages.js";

/** @typedef {(type: import("./messages.js").RequestType, fields?: object) => Promise<any>} Ask */
/** @typedef {import("./types.js").Counts} Counts @typedef {{ call: number, rejoin(ask: Ask): Promise<unknown> }} Call */
/** @typedef {{ fields: object, again: boolean, settle(reply: any): void }} Request */

/** So many deaths in so many milliseconds are one too many. */
const DEATHS = { limit: 4, within: 10_000 };
/** Milliseconds until the next try where a worker did not come up, as on a switch of networks: twice as many each time, and then no more. */
const RETRY = { first: 250, last: 4_000, within: 30_000 };
/** Seconds without any pulse: of a worker that is up, and of one whose file is still on its way. */
const QUIET = { up: 4, begun: 20 };

export class Link {
  /** Why nothing more is sent; empty while all is well. */
  broken = "";
  /** How often another worker took over. */
  restarts = 0;
  /** Missing in Chromium before 141. */
  Transform = globalThis.RTCRtpScriptTransform;
  /** Whether the page lets go of it: then no other worker follows. */
  closing = false;
  #up = false;
  /** Calls that this worker does not know yet. */
  #unknown = /** @type {Set<number>} */ (new Set());
  #count = 0;
  #pending = /** @type {Map<number, Request>} */ (new Map());
  #waiting = /** @type {Request[]} */ ([]);
  /** Of workers that were up. */
  #deaths = /** @type {number[]} */ ([]);
  #pause = 0;
  /** Until the next try. */
  #timer = 0;
  /** Ends the watch over the present worker. */
  #watch = new AbortController();
  /** Workers that a question to the vault is with. */
  #vaults = /** @type {Map<number, Worker>} */ (new Map());
  #quiet = 0;
  /** What a later worker is started with, and the device that it must come up with. */
  #fields = {};
  #device = /** @type {string | undefined} */ (undefined);

  /**
   * @param {(name?: string) => Worker} make @param {{ notice(notice: any): void, pulse(counts: Counts): void, calls(): Call[] }} page
   *   `calls`: what another worker is to be told of
   */
  constructor(make, page) {
    this.make = make;
    this.page = page;
    this.worker = this.#launch();
  }

  /** Whether a worker is up and knows all calls. */
  get ready() { return this.#up && this.#unknown.size === 0; }

  /** @param {object} fields @param {object} [again] for later workers, without what only the first may see */
  async start(fields, again = fields) {
    this.#fields = again;
    const device = await this.#begin(fields);
    this.#device = device?.id;
    this.#up = true;
    return device;
  }

  /**
   * Throws at once on a bad argument: nothing has changed then. Rejects as "worker-restarted" where
   * the worker died on it and it must not be kept for the next: keys are not, nor what they open.
   * @type {Ask}
   */
  ask(type, fields) {
    const message = request({ ...fields, type });
    if (this.broken) throw new SealframeError(this.broken);
    const again = isRepeatable(type);
    return new Promise((resolve, reject) => {
      // A copy of what may be sent again; of a key, no copy of ours is left in the page.
      const one = { fields: again ? structuredClone(message) : message, again, settle: settle(resolve, reject) };
      this.#knows(one) ? this.#send(one) : this.#keep(one);
    });
  }

  /**
   * What brings a target's frames to the worker: a transform to set, or, in a browser without
   * transforms, a message with the streams. Those go to one worker, once.
   * @param {object} options @returns {(streams?: import("./protect.js").Streams) => RTCRtpScriptTransform | undefined}
   */
  connect(options) {
    const { worker, Transform } = this;
    if (Transform) return () => new Transform(worker, options);
    return (streams) => {
      if (!streams) throw new SealframeError("already-protected");
      const { readable, writable } = streams;
      worker.postMessage({ type: "streams", options, readable, writable }, [readable, writable]);
      return undefined;
    };
  }

  /** A transform that lets nothing pass: of our worker, who has no call for it, or of one that has ended. */
  mute() {
    const { broken, Transform } = this;
    const worker = broken ? this.make() : this.worker;
    try { return new Transform(worker, {}); } finally { if (broken) worker.terminate(); }
  }

  /** Ends the worker, and with it every frame. */
  end(/** @type {string} */ code) {
    this.broken ||= code;
    this.#up = false;
    clearTimeout(this.#timer);
    this.#watch.abort();
    this.#endVaults();
    this.worker.terminate();
    [...this.#take(), ...this.#waiting.splice(0)].forEach(({ settle }) => settle({ error: this.broken }));
  }

  #launch() {
    const worker = this.make();
    const lost = () => this.#lost(worker);
    worker.onmessage = ({ data }) => worker === this.worker && this.#hear(data);
    worker.onmessageerror = lost;
    worker.onerror = (/** @type {Event} */ event) => (event.preventDefault(), lost());
    const watch = (this.#watch = new AbortController());
    this.#quiet = 0;
    const timer = setInterval(() => ++this.#quiet > QUIET[this.#up ? "up" : "begun"] && lost(), 1000);
    watch.signal.onabort = () => clearInterval(timer);
    return worker;
  }

  #hear(/** @type {any} */ data) {
    this.#quiet = 0;
    if (data?.type === "pulse") return this.#up ? this.page.pulse(data.counts) : undefined;
    if (data?.type === "vault") return this.#vault(data);
    if (data?.type !== "reply") return this.page.notice(data);
    const asked = this.#pending.get(data.id);
    this.#pending.delete(data.id);
    asked?.settle(data);
  }

  /** A worker for a question to the vault, which comes with a port, or the end of one. @param {{ question: number, port?: MessagePort }} about */
  #vault({ question, port }) {
    this.#vaults.get(question)?.terminate();
    this.#vaults.delete(question);
    if (!port) return;
    const vault = this.make(VAULT);
    this.#vaults.set(question, vault);
    // It says that it is ready: what it is told before that may be lost.
    const ready = new Promise((ready, failed) => {
      vault.onmessage = ready;
      vault.onerror = (/** @type {Event} */ event) => (event.preventDefault(), failed(event));
    });
    within(ready, QUIET.begun * 1000, new SealframeError("start-failed")).then(
      () => vault.postMessage({ port }, [port]),
      () => port.postMessage({ error: "start-failed" }),
    );
  }

  #endVaults() {
    this.#vaults.forEach((vault) => vault.terminate());
    this.#vaults.clear();
  }

  async #begin(/** @type {object} */ fields) {
    const { worker } = this;
    const lock = crypto.randomUUID();
    const { device, held } = await this.#tell("start", { ...fields, lock });
    const { signal } = this.#watch;
    // Granted when its holder is gone: within milliseconds in Chromium (156) and Firefox (153).
    const lost = () => this.#lost(worker);
    if (held && worker === this.worker) navigator.locks.request(lock, { signal }, lost).catch(() => {});
    return device;
  }

  #lost(/** @type {Worker} */ worker) {
    if (this.broken || worker !== this.worker || this.#timer) return;
    if (this.closing) return this.end("call-closed");
    const now = performance.now();
    const up = this.ready;
    if (up) this.#deaths = [...this.#deaths.filter((at) => at > now - DEATHS.within), now];
    const [last = -Infinity] = this.#deaths.slice(-1); // the first may never start
    // Streams went with the worker that they were given to: no other can have them.
    if (!this.Transform || this.#deaths.length > DEATHS.limit || now > last + RETRY.within) return this.#fail();
    this.#up = false;
    this.#watch.abort();
    this.#endVaults();
    worker.terminate();
    this.#take().forEach((one) => this.#keep(one));
    this.#pause = up ? 0 : Math.min(this.#pause * 2 || RETRY.first, RETRY.last);
    if (up) this.#revive();
    else this.#timer = setTimeout(() => this.#revive(), this.#pause);
  }

  async #revive() {
    this.#timer = 0;
    let { worker } = this;
    try {
      worker = this.worker = this.#launch();
      const device = await this.#begin(this.#fields);
      // Logged out elsewhere, it would come up as somebody else.
      if (device?.id !== this.#device) return this.#fail();
    } catch {
      return this.#lost(worker);
    }
    this.#up = true;
    this.restarts++;
    const calls = this.page.calls();
    this.#unknown = new Set(calls.map(({ call }) => call));
    this.#flush();
    calls.forEach((call) => this.#rejoin(call, worker));
  }

  /** Each call by itself: one that has to wait, or cannot be, holds up no other. @param {Call} call @param {Worker} worker */
  async #rejoin(call, worker) {
    const current = () => this.#up && worker === this.worker;
    try {
      await call.rejoin(async (type, fields) => {
        if (!current()) throw new SealframeError("worker-restarted");
        return this.#tell(type, fields);
      });
    } catch {
      return; // it died on it: another is told
    }
    if (!current()) return;
    this.#unknown.delete(call.call);
    this.#flush();
    this.page.notice({ type: "restarted", code: "worker-restarted", call: call.call });
  }

  #fail() {
    if (this.broken) return;
    this.end("worker-failed");
    this.page.notice({ type: "error", code: this.broken });
  }

  /** A request of our own to a worker that is not ready for others yet. @type {Ask} */
  #tell(type, fields) {
    const message = request({ ...fields, type });
    return new Promise((resolve, reject) => {
      this.#send({ fields: message, again: false, settle: settle(resolve, reject) });
    });
  }

  #send(/** @type {Request} */ one) {
    const id = ++this.#count;
    try {
      this.worker.postMessage({ ...one.fields, id });
    } catch {
      return one.settle({ error: "bad-argument" }); // what cannot be copied
    }
    this.#pending.set(id, one);
  }

  #knows(/** @type {Request} */ { fields }) {
    return this.#up && !this.#unknown.has(/** @type {any} */ (fields).call);
  }

  #flush() {
    this.#waiting.splice(0).forEach((one) => (this.#knows(one) ? this.#send(one) : this.#waiting.push(one)));
  }

  #keep(/** @type {Request} */ one) {
    if (one.again) this.#waiting.push(one);
    else one.settle({ error: "worker-restarted" });
  }

  #take() {
    const all = [...this.#pending.values()];
    this.#pending.clear();
    return all;
  }
}

/** @param {(value: any) => void} resolve @param {(error: Error) => void} reject */
const settle = (resolve, reject) => (/** @type {any} */ { value, error }) => (error ? reject(new SealframeError(error)) : resolve(value));
