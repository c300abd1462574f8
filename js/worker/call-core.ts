/** The core of one call: its life, its clock, and the tasks that it gives the worker. */
import { codeOf, SealframeError } from "../shared/errors.js";
import type { ErrorCode } from "../shared/codes.js";
import type { GroupOptions } from "../shared/types.js";
import type { Post } from "../shared/wire.js";
import { Core, isTrap, now, restart } from "./core.js";
import type { CallDevice, Stay } from "./call-device.js";
import type { HostTask } from "./host-task.js";
import { encapsulate, verify } from "./public-keys.js";

/** The fields that a call in the worker needs. */
export interface Context {
  callId: string;
  /** The id or name of this side. */
  self: string;
  /** Present if keys come from devices. */
  device?: CallDevice;
  /** Present if they come from the devices' MLS group: the core has no session then. */
  group?: GroupOptions;
  post: Post;
}

/** The call's reactions to changes of its core. */
export interface Listener {
  /** The key of this sender arrived or changed. */
  keyed(sender: string): void;
  /** Our own key changed. */
  ownKeyed(): void;
  /** The core crashed. The call has no core until `restored()`. */
  crashed(): void;
  /** A new core is there, without roster and keys. */
  restored(): void;
}

/** The core is ticked at least once in this many milliseconds. */
const TICK_MS = 1000;
/** All calls share one instance of the core, so a crash concerns all of them. */
const cores = new Set<CallCore>();
let restarts = 0;

export class CallCore {
  /** Missing while a new one is made, and after the call ended. `closedCode` says why. */
  core: Core | undefined;
  closedCode: ErrorCode = "call-closed";
  readonly #context: Context;
  readonly #listener: Listener;
  #alarm = 0;
  /** Agreement keys of the present incarnation. Each core has its own. */
  #stay: Stay | undefined;

  constructor(context: Context, listener: Listener) {
    this.#context = context;
    this.#listener = listener;
  }

  /** Whether frames may come before the epoch that opens them. */
  get hasGroup(): boolean {
    return this.#context.group !== undefined;
  }

  /** Makes the first core. */
  async open() {
    cores.add(this);
    await this.#begin().catch((error) => {
      cores.delete(this);
      throw error;
    });
  }

  /** Wipes the keys, and ends with this code. */
  end(code: ErrorCode) {
    cores.delete(this);
    this.core?.close();
    this.core?.free();
    this.lose(code);
  }

  /** Calls the core, and does what it asks for. */
  control<T>(act: (core: Core, now: number) => T): T {
    if (!this.core) throw new SealframeError(this.closedCode);
    try {
      const answer = act(this.core, now());
      for (let task: HostTask; (task = this.core.poll()); ) this.#run(task);
      return answer;
    } catch (error) {
      if (!isTrap(error)) throw error;
      restartCores();
      throw new SealframeError("core-restarted");
    }
  }

  /** Calls the core if there is one. An event reports an error, because nobody waits. */
  inform(act: (core: Core, now: number) => void) {
    try {
      if (this.core) this.control(act);
    } catch (error) {
      this.#context.post({ type: "error", code: codeOf(error) });
    }
  }

  /** The instance of all cores crashed: makes a new core. Nothing of the old one is kept. */
  async rebuild() {
    this.core = undefined;
    this.closedCode = "core-restarted";
    this.#listener.crashed();
    await this.#begin().catch((error) => this.lose(codeOf(error)));
    this.#context.post({ type: "restarted", code: "core-restarted" });
    this.#listener.restored();
  }

  /** There is no core any more. */
  lose(code: ErrorCode) {
    clearTimeout(this.#alarm);
    this.core = undefined;
    this.closedCode = code;
    this.#context.post({ type: "error", code });
  }

  /** Until there are keys for this incarnation there is no core, and no frame passes. */
  async #begin() {
    const { callId, self, group } = this.#context;
    const device = group ? undefined : this.#context.device;
    const stay = await device?.stay();
    // The call ended meanwhile, or another restart made its core.
    if (!cores.has(this) || this.core) return;
    this.core = new Core(callId, self, device?.bundle, stay?.point, device?.weakest ?? 1, now());
    this.#stay = stay;
    this.#wake();
  }

  #run(task: HostTask) {
    const { post } = this.#context;
    switch (task.type) {
      case "send":
        return post({ type: "message", to: task.to, bytes: task.bytes });
      case "refused":
        return post({ type: "error", from: task.from, code: task.code });
      case "key":
        return this.#listener.keyed(task.sender);
      case "own-key":
        return this.#listener.ownKeyed();
      case "twice":
        return post({ type: "device-twice", device: task.device });
      case "untrusted":
        return this.#untrusted(task.sender, task.devices);
      case "trusted":
        return this.#trusted(task.sender);
      case "wake":
        return this.#wake(task.at);
      default:
        return this.#compute(task);
    }
  }

  #untrusted(from: string, devices: string[]) {
    this.#context.post({ type: "untrusted", from, devices, over: false });
  }

  #trusted(from: string) {
    this.#context.post({ type: "untrusted", from, devices: [], over: true });
    this.#listener.keyed(from);
  }

  /** Tasks for WebCrypto. */
  #compute(task: CryptoTask): Promise<void> {
    const { ticket } = task;
    switch (task.type) {
      case "sign":
        return this.#answer(ticket, this.#context.device?.sign(task), (core, now, [signature]) =>
          core.signed(ticket, signature, now),
        );
      case "agree":
        return this.#answer(ticket, this.#stay?.agree(task), (core, now, [secret]) =>
          core.agreed(ticket, secret, now),
        );
      case "verify":
        return this.#answer(ticket, verify(task), (core, now, [genuine]) =>
          core.verified(ticket, genuine, now),
        );
      case "encapsulate":
        return this.#answer(ticket, encapsulate(task), (core, now, [enc, secret]) =>
          core.encapsulated(ticket, enc, secret, now),
        );
    }
  }

  /**
   * Passes the values of `answer` to the core and wipes them. If there are no values, reports this
   * to the core.
   */
  async #answer<V extends (Uint8Array | boolean)[]>(
    ticket: number,
    answer: Promise<V> | undefined,
    pass: (core: Core, now: number, values: V) => void,
  ) {
    const asked = this.core;
    const values = await answer?.catch(() => undefined);
    // After a restart the tickets are another core's.
    if (asked === this.core)
      this.inform((core, now) => (values ? pass(core, now, values) : core.refused(ticket, now)));
    for (const value of values ?? []) if (value instanceof Uint8Array) value.fill(0);
  }

  /** Ticks the core once a second, and at the times that it asks for. */
  #wake(at = Infinity) {
    const tick = () => {
      this.#wake();
      this.inform((core, now) => core.tick(now));
    };
    clearTimeout(this.#alarm);
    this.#alarm = setTimeout(tick, Math.min(Math.max(at - now(), 0), TICK_MS));
  }
}

type CryptoTask = Extract<HostTask, { ticket: number }>;

/** Starts the core again after a crash, for all calls. Nothing that it held is trusted. */
export function restartCores() {
  try {
    restart();
    restarts++;
    for (const core of cores) core.rebuild();
  } catch {
    for (const core of cores) core.lose("worker-failed");
  }
}

/** How often the core was restarted. */
export const coreRestarts = () => restarts;
