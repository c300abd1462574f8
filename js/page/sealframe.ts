/** The public class `Sealframe`. */
import { BUILD } from "../../target/glue/build.js";
import { codeOf, SealframeError } from "../shared/errors.js";
import { request } from "../shared/messages.js";
import type { Bundle, Bytes } from "../shared/types.js";
import type { Joined, Notice, Started } from "../shared/wire.js";
import { bytesOf, groupFields, keyFields, named, object } from "./arguments.js";
import { Call } from "./call.js";
import { CallState } from "./call-state.js";
import { LeakWatchdog } from "./leak-watchdog.js";
import { type LoadedFields, load } from "./load.js";
import type { JoinOptions, StartOptions } from "./options.js";
import { causeOf, violations } from "./start-failure.js";
import { Supervisor } from "./supervisor.js";
import { type Support, support } from "./support.js";

/** An open call, by its number. */
type Calls = Map<number, { call: Call; state: CallState }>;

/** One worker with one WebAssembly core and one device identity. */
export class Sealframe {
  static {
    named(this, "Sealframe");
  }

  /** Names the build: all files of one build have the same id. */
  static readonly build: string = BUILD;
  /** This device's public keys, to be listed as a member by others. */
  readonly bundle: Bundle | undefined;
  /** Whether this start made the device, because the profile had none or lost it. */
  readonly isNew: boolean;
  readonly #supervisor: Supervisor;
  readonly #calls: Calls;
  #count = 0;
  /** The result of `logOut()`. */
  #erased: Promise<void> | undefined;

  /** @internal */
  constructor(supervisor: Supervisor, calls: Calls, { device, isNew }: Omit<Started, "held">) {
    this.#supervisor = supervisor;
    this.#calls = calls;
    this.bundle = device && Object.freeze(device);
    this.isNew = isNew;
  }

  /** What this browser has of what sealframe needs. Nothing is started. */
  static support(): Support {
    return support();
  }

  /** Starts the worker. May be called again after it failed. */
  static async start(options: StartOptions = {}): Promise<Sealframe> {
    const { url, make, fields } = load(object(options, "options"));
    const calls: Calls = new Map();
    // The options contain a password, so nothing keeps them.
    const { onprogress } = options;
    const supervisor = supervise(url, make, calls, (progress) => onprogress?.(progress));
    const started = new AbortController();
    const violated = violations(url, started.signal);
    try {
      return new Sealframe(supervisor, calls, await supervisor.start(fields, later(fields)));
    } catch (error) {
      supervisor.end("start-failed");
      throw codeOf(error) === "worker-failed"
        ? new SealframeError("start-failed", await causeOf(url, supervisor.lastEnd, violated))
        : error;
    } finally {
      started.abort();
    }
  }

  /** Joins a call. `callId` is text of 1 to 256 bytes, the same for everyone in the call. */
  async join(callId: string, options: JoinOptions = {}): Promise<Call> {
    const { keys, passphrase, as } = object(options, "options");
    const given = keys && keyFields(keys);
    if (given) request({ type: "keys", call: 0, ...given });
    if (passphrase !== undefined) request({ type: "passphrase", call: 0, passphrase });
    const group = groupFields(options);
    const exchange = group !== undefined || (!given && passphrase === undefined);
    // Members know a device by its id.
    if (exchange && this.bundle && as !== undefined) throw new SealframeError("bad-argument", "as");
    const { call, state } = await this.#open({ callId, as, exchange, group });
    try {
      if (given) await state.ask("keys", given);
      if (passphrase !== undefined) await call.setPassphrase(passphrase);
    } catch (error) {
      await call.close().catch(() => {}); // the first error counts
      throw error;
    }
    return call;
  }

  async #open(joined: Joined) {
    const number = ++this.#count;
    const self = await this.#supervisor.rpc.ask("join", { call: number, ...joined });
    const forget = () => void this.#calls.delete(number);
    const state = new CallState(this.#supervisor, number, joined, forget);
    const call = new Call(state, self);
    this.#calls.set(number, { call, state });
    return { call, state };
  }

  /**
   * 60 digits, in twelve groups of five, which are the same for this device and that one, and for
   * no other pair. Two people compare them.
   */
  async safetyNumber(bundle: Bundle | Uint8Array): Promise<string> {
    return this.#supervisor.rpc.ask("safetyNumber", { bundle: bytesOf(bundle) });
  }

  /** Forgets that this person had the device `id`. "keys-changed" then reports it again. */
  async forgetDevice(name: string, id: string): Promise<void> {
    await this.#supervisor.rpc.ask("forgetDevice", { name, device: id });
  }

  /** This device's keys, sealed under its recovery password. */
  async recoveryFile(): Promise<Bytes> {
    return this.#supervisor.rpc.ask("recoveryFile", {});
  }

  /**
   * Leaves every call, wipes their keys and terminates the worker. A worker that is not ready holds
   * no keys, so there is nothing to wait for.
   */
  async close(): Promise<void> {
    this.#supervisor.closing = true;
    const closed = Promise.allSettled([...this.#calls.values()].map(({ call }) => call.close()));
    if (this.#supervisor.rpc.ready) await closed;
    this.#supervisor.end("call-closed");
  }

  /** Closes, and deletes this device's keys and all it knew, in every page of this profile. */
  logOut(): Promise<void> {
    return (this.#erased ??= this.#erase());
  }

  async #erase() {
    try {
      await this.#supervisor.rpc.ask("logOut", {});
    } finally {
      this.#supervisor.end("call-closed");
      await this.close();
    }
  }
}

/** Starts a worker, and passes its reports on to the calls. */
function supervise(
  url: string,
  make: (name?: string) => Worker,
  calls: Calls,
  onprogress: NonNullable<StartOptions["onprogress"]>,
): Supervisor {
  const watchdog = new LeakWatchdog();
  const states = () => [...calls.values()].map(({ state }) => state);
  const notice = ({ call, ...news }: Notice) => {
    if (news.type === "progress") return onprogress(news);
    if (news.type === "logged-out") return supervisor.end("logged-out");
    const concerned = call === undefined ? states() : [calls.get(call)?.state];
    for (const state of concerned) state?.hear(news);
  };
  const supervisor: Supervisor = new Supervisor(url, make, {
    notice,
    calls: () => (watchdog.restart(), states()),
    pulse: (counts) => watchdog.check(counts, states()),
  });
  return supervisor;
}

/** Fields for later workers: only the first one gets a password, or makes a device. */
function later(fields: LoadedFields): LoadedFields {
  const device = fields.device && "known";
  return { ...fields, password: undefined, file: undefined, device };
}
