/** The public class `Sealframe` of Node. */
import { readFile } from "node:fs/promises";
import { bytesOf, keyFields, named, object } from "../page/arguments.js";
import type { Keys } from "../page/options.js";
import { SealframeError } from "../shared/errors.js";
import { request } from "../shared/messages.js";
import type { Bundle } from "../shared/types.js";
import type { News } from "../shared/wire.js";
import { Call as CallInWorker } from "../worker/call.js";
import { codes, safetyNumber, startModule } from "../worker/core.js";
import { Call } from "./call.js";
import { NodeDevice } from "./device.js";
import type { SigningKey } from "./device-file.js";

/** Options of `Sealframe.start()` in Node. */
export interface StartOptions {
  /** The device's key: `deviceFile()`, or a key elsewhere. Without it keys are the application's. */
  device?: SigningKey;
  /** As in a browser. Default: true. */
  postQuantum?: boolean | "required";
}

/** Options of `sealframe.join()` in Node. */
export interface JoinOptions {
  /** Keys from the application's own exchange. */
  keys?: Keys;
  /** The name of this side, if keys do not come from devices. */
  as?: string;
}

/** A device identity in a process of Node. */
export class Sealframe {
  static {
    named(this, "Sealframe");
  }

  /** This device's public keys, to be listed as a member by others. */
  readonly bundle: Bundle | undefined;
  readonly #device: NodeDevice | undefined;
  readonly #calls = new Set<Call>();
  /** Calls that this device is in or enters: it may be in a call once. */
  readonly #entered = new Set<string>();
  #closed = false;

  private constructor(device: NodeDevice | undefined) {
    this.#device = device;
    this.bundle = device && Object.freeze({ id: device.id, bytes: device.bundle.slice() });
  }

  /** Loads the core, once for each process. */
  static async start(options: StartOptions = {}): Promise<Sealframe> {
    const { device, postQuantum = true } = object(options, "options");
    if (![true, false, "required"].includes(postQuantum))
      throw new SealframeError("bad-argument", "postQuantum");
    await load();
    return new Sealframe(device && (await NodeDevice.of(device, postQuantum)));
  }

  /** Joins a call. `callId` is text of 1 to 256 bytes, the same for everyone in the call. */
  async join(callId: string, options: JoinOptions = {}): Promise<Call> {
    const { keys, as } = object(options, "options");
    const given = keys && keyFields(keys);
    if (this.#closed) throw new SealframeError("call-closed");
    if (given) request({ type: "keys", call: 0, ...given });
    request({ type: "join", call: 0, callId, as, exchange: !given });
    const device = given ? undefined : this.#device;
    const self = device ? device.id : (as ?? this.bundle?.id);
    if (self === undefined || (device && as !== undefined))
      throw new SealframeError("bad-argument", "as");
    if (device && this.#entered.has(callId)) throw new SealframeError("device-busy");
    if (device) this.#entered.add(callId);
    return this.#enter(callId, self, device, keys);
  }

  async #enter(callId: string, self: string, device: NodeDevice | undefined, keys?: Keys) {
    const leave = () => device && this.#entered.delete(callId);
    const context = device ? { callId, self, device } : { callId, self };
    let call: Call | undefined;
    try {
      const post = (news: News) => call?.hear(news);
      const worker = await CallInWorker.open({ ...context, post }, () => {});
      call = new Call(callId, self, worker, () => (leave(), call && this.#calls.delete(call)));
      this.#calls.add(call);
      if (keys) await call.setKeys(keys);
      return call;
    } catch (error) {
      await call?.close();
      leave();
      throw error;
    }
  }

  /** As in a browser. */
  async safetyNumber(bundle: Bundle | Uint8Array): Promise<string> {
    if (!this.bundle) throw new SealframeError("bad-argument", "device");
    const other = bytesOf(bundle);
    request({ type: "safetyNumber", bundle: other });
    const digits = safetyNumber(this.bundle.bytes, other);
    return digits.match(/\d{5}/g)?.join(" ") ?? digits;
  }

  /** Leaves every call, and wipes its keys. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#calls].map((call) => call.close()));
  }
}

let loading: Promise<void> | undefined;

/** Starts the core of this process, unless it runs. */
async function load() {
  if (codes.length > 0) return;
  const url = new URL("./core.wasm", import.meta.url);
  loading ??= readFile(url).then((bytes) => startModule(new Uint8Array(bytes), url.href));
  await loading.catch((error) => {
    loading = undefined;
    throw error;
  });
}
