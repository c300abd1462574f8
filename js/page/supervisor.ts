/**
 * Keeps a worker alive. A worker that dies, crashes or hangs is replaced by another, up to a limit.
 * The worker holds a Web Lock as long as it lives, and the page waits for that lock. A worker that
 * hangs is known by its missing pulse. An answer may take its time: the worker has its own limit
 * for each thing that it waits for.
 */
import { BUILD } from "../../target/glue/build.js";
import type { ErrorCode } from "../shared/codes.js";
import { SealframeError } from "../shared/errors.js";
import type {
  Argon2Request,
  Ask,
  Counts,
  Notice,
  Pulse,
  Reply,
  Started,
  TransformOptions,
} from "../shared/wire.js";
import { Argon2Workers, endOf, otherBuild } from "./argon2-workers.js";
import type { LoadedFields, MakeWorker } from "./load.js";
import { Rpc } from "./rpc.js";
import type { WorkerEnd } from "./start-failure.js";
import { TransformFactory } from "./transform.js";

/** A call that the next worker must learn. */
interface Rejoinable {
  /** The number of the call. */
  readonly call: number;
  /** Sends what the worker has to know, with this function. */
  rejoin(ask: Ask): Promise<void>;
}

/** The page's handlers for reports of the worker. */
interface Page {
  notice(notice: Notice): void;
  pulse(counts: Counts): void;
  /** All calls, for another worker. */
  calls(): Rejoinable[];
}

/** More than `limit` deaths of workers within these milliseconds end the supervision. */
const DEATHS = { limit: 4, withinMs: 10_000 };
/**
 * Milliseconds until the next try after a worker that did not start, as on a switch of networks.
 * Each wait is twice as long as the one before. After `withinMs` no other try follows.
 */
const RETRY = { firstMs: 250, lastMs: 4_000, withinMs: 30_000 };
/** At most this many seconds may pass without a pulse: of a worker that is up, or that starts. */
const SILENCE_S = { up: 4, starting: 20 };

export class Supervisor {
  readonly rpc = new Rpc((message, transfer) => this.#worker.postMessage(message, transfer));
  /** How the last worker ended. */
  lastEnd: WorkerEnd = { reason: "not-run" };
  /** How often another worker took over. */
  restarts = 0;
  /** Whether the page is closing. Then no other worker follows. */
  closing = false;
  readonly #make: MakeWorker;
  readonly #page: Page;
  readonly #transforms = new TransformFactory();
  readonly #argon2: Argon2Workers;
  #worker: Worker;
  /** Times of death of workers that were up. */
  #deaths: number[] = [];
  #pauseMs = 0;
  /** Runs until the next try. */
  #timer = 0;
  /** Ends the watch over the present worker. */
  #watch = new AbortController();
  /** Seconds since the worker's last message. */
  #silence = 0;
  /** The fields that a later worker is started with. */
  #fields: LoadedFields | undefined;
  /** The device that a later worker must have. */
  #device: string | undefined;

  /** `make` makes a worker of the file at `url`. */
  constructor(url: string, make: MakeWorker, page: Page) {
    this.#make = make;
    this.#page = page;
    this.#argon2 = new Argon2Workers(url, make);
    this.#worker = this.#launch();
  }

  /** Starts the first worker. Later ones get `again`, which lacks the password. */
  async start(fields: LoadedFields, again: LoadedFields) {
    this.#fields = again;
    const started = await this.#begin(fields);
    this.#device = started.device?.id;
    this.rpc.open([]);
    return started;
  }

  /** Connects a sender or receiver to the worker: see `TransformFactory.connect()`. */
  connect(options: TransformOptions) {
    return this.#transforms.connect(this.#worker, options);
  }

  /** A transform that passes no frame. */
  blackHole(): RTCRtpScriptTransform {
    if (!this.rpc.broken) return this.#transforms.blackHole(this.#worker);
    const worker = this.#make();
    try {
      return this.#transforms.blackHole(worker);
    } finally {
      worker.terminate();
    }
  }

  /** Ends the worker, and with it every frame. */
  end(code: ErrorCode) {
    clearTimeout(this.#timer);
    this.#watch.abort();
    this.#argon2.end();
    this.#worker.terminate();
    this.rpc.end(code);
  }

  #launch(): Worker {
    const worker = this.#make();
    worker.onmessage = ({ data }) => worker === this.#worker && this.#hear(data);
    worker.onmessageerror = () => this.#lost(worker);
    worker.onerror = (event) => (event.preventDefault(), this.#lost(worker, endOf(event)));
    this.#watch = new AbortController();
    this.#silence = 0;
    const timer = setInterval(() => {
      const limit = SILENCE_S[this.rpc.up ? "up" : "starting"];
      if (++this.#silence > limit) this.#lost(worker, { reason: "time-out" });
    }, 1000);
    this.#watch.signal.onabort = () => clearInterval(timer);
    return worker;
  }

  #hear(data: Pulse | Argon2Request | Reply | Notice) {
    this.#silence = 0;
    if (data?.type === "pulse") this.#feel(data);
    else if (data?.type === "argon2") this.#argon2.serve(data, SILENCE_S.starting * 1000);
    else if (data?.type === "reply") this.rpc.settle(data);
    else this.#page.notice(data);
  }

  /** The first message of a worker is a pulse. */
  #feel({ build, counts }: Pulse) {
    if (this.rpc.up) return this.#page.pulse(counts);
    if (build === BUILD) return;
    this.lastEnd = otherBuild(build);
    this.#fail(); // the next worker would be of that build, too
  }

  async #begin(fields: LoadedFields): Promise<Omit<Started, "held">> {
    const worker = this.#worker;
    const lock = crypto.randomUUID();
    const { held, ...started } = await this.rpc.askNow("start", { ...fields, lock, build: BUILD });
    const { signal } = this.#watch;
    // Granted milliseconds after its holder is gone (Chromium 156, Firefox 153).
    const lost = () => this.#lost(worker);
    if (held && worker === this.#worker)
      navigator.locks.request(lock, { signal }, lost).catch(() => {});
    return started;
  }

  #lost(worker: Worker, end: WorkerEnd = { reason: "not-run" }) {
    if (this.rpc.broken || worker !== this.#worker || this.#timer) return;
    this.lastEnd = end;
    if (this.closing) return this.end("call-closed");
    const wasReady = this.rpc.ready;
    if (!this.#mayRestart(wasReady)) return this.#fail();
    this.#watch.abort();
    this.#argon2.end();
    worker.terminate();
    this.rpc.suspend();
    this.#pauseMs = wasReady ? 0 : Math.min(this.#pauseMs * 2 || RETRY.firstMs, RETRY.lastMs);
    if (wasReady) this.#revive();
    else this.#timer = setTimeout(() => this.#revive(), this.#pauseMs);
  }

  /** Notes the death of a worker, and returns whether another may follow. */
  #mayRestart(wasReady: boolean): boolean {
    const now = performance.now();
    const recent = this.#deaths.filter((at) => at > now - DEATHS.withinMs);
    if (wasReady) this.#deaths = [...recent, now];
    // Without a death no worker was ready yet. Then the start fails at once.
    const last = this.#deaths.at(-1) ?? -Infinity;
    const tooMany = this.#deaths.length > DEATHS.limit || now > last + RETRY.withinMs;
    // Streams went to the dead worker, and no other can have them.
    return this.#transforms.hasTransforms && !tooMany;
  }

  async #revive() {
    this.#timer = 0;
    let worker = this.#worker;
    try {
      worker = this.#worker = this.#launch();
      const { device } = await this.#begin(this.#fields as LoadedFields);
      // Another device, or none: the storage was erased meanwhile.
      if (device?.id !== this.#device) return this.#fail();
    } catch {
      return this.#lost(worker);
    }
    this.restarts++;
    const calls = this.#page.calls();
    this.rpc.open(calls.map(({ call }) => call));
    for (const call of calls) this.#rejoin(call, worker);
  }

  /** If one call waits or fails, the other calls do not wait for it. */
  async #rejoin(call: Rejoinable, worker: Worker) {
    const isCurrent = () => this.rpc.up && worker === this.#worker;
    try {
      await call.rejoin(async (type, fields) => {
        if (!isCurrent()) throw new SealframeError("worker-restarted");
        return this.rpc.askNow(type, fields);
      });
    } catch {
      return; // this worker died, too: the next one gets the call
    }
    if (!isCurrent()) return;
    this.rpc.know(call.call);
    this.#page.notice({ type: "restarted", code: "worker-restarted", call: call.call });
  }

  #fail() {
    if (this.rpc.broken) return;
    this.end("worker-failed");
    this.#page.notice({ type: "error", code: "worker-failed" });
  }
}
