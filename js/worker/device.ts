/** This browser profile's device, and what it does for the core with keys that no script reads. */
import type { ErrorCode } from "../shared/codes.js";
import { codeOf, SealframeError } from "../shared/errors.js";
import { within } from "../shared/time-limit.js";
import type { Bytes } from "../shared/types.js";
import type { Post } from "../shared/wire.js";
import { argon2 } from "./argon2.js";
import type { CallDevice, Stay } from "./call-device.js";
import { deviceId } from "./core.js";
import {
  bundle,
  exportKeys,
  generate,
  importKeys,
  type Keys,
  type Kind,
  SIGNING,
  SUITES,
} from "./device-keys.js";
import type { SignTask } from "./host-task.js";
import { KnownDevices, type KnownPerson } from "./known-devices.js";
import { acquireLock } from "./locks.js";
import { agree, agreementPair, decrypt } from "./public-keys.js";
import { Store } from "./store.js";

/** The worker's reactions to changes of the device. */
interface Listener {
  /** Another page erased the device. */
  erased(): void;
  /** Something is not stored, or not yet. Called once, until something is stored again. */
  failed(code: ErrorCode): void;
}

interface Options extends Kind {
  /** The name of one of several devices in this profile. */
  name: string;
  password?: string | undefined;
  /** A recovery file. */
  file?: Bytes | undefined;
  /** Whether the device must exist: none is made. */
  known: boolean;
}

/** The entry of the store with the recovery file. */
const RECOVERY = "recovery";
/**
 * The message of a page that logs out. It is distinctive, because an application may have a channel
 * of the same name.
 */
const ERASED = "sealframe: erased";
/** At most this many milliseconds another page is waited for: a reload ends the old page. */
const OTHER_PAGE_MS = 3000;
/** At most this many milliseconds may the storage take: a phone that wakes up needs seconds. */
const STORAGE_MS = 10_000;

export class Device implements CallDevice {
  readonly bundle: Bytes;
  readonly id: string;
  /** Whether keys that others seal to it are safe from a quantum computer. */
  readonly hybrid: boolean;
  /** The number of the weakest suite that members may have. */
  readonly weakest: number;
  readonly #store: Store;
  readonly #keys: Keys;
  readonly #known: KnownDevices;
  readonly #failed: (code: ErrorCode) => void;
  /** Whether a failure of the storage was reported, and nothing was stored since. */
  #reported = false;
  #release = () => {};

  private constructor(
    store: Store,
    keys: Keys,
    bundle: Bytes,
    { postQuantum, legacy }: Options,
    failed: (code: ErrorCode) => void,
  ) {
    this.#failed = failed;
    this.#store = store;
    this.#known = new KnownDevices(store);
    this.#keys = keys;
    this.bundle = bundle;
    this.id = deviceId(bundle);
    this.hybrid = keys.suite === SUITES.hybrid;
    this.weakest = postQuantum === "required" ? SUITES.hybrid : legacy ? SUITES.rsa : SUITES.p256;
  }

  /** Whether its storage was deleted or evicted. */
  get lost(): boolean {
    return this.#store.gone;
  }

  /** The device of this name. If the profile has none, it is made or restored, unless `known`. */
  static async open(options: Options, { erased, failed }: Listener) {
    const database = options.name ? `sealframe:${options.name}` : "sealframe";
    // Before the lock: a page that holds it must hear of a log-out.
    const channel = new BroadcastChannel(database);
    const heard = new Promise<void>((resolve) => {
      channel.onmessage = ({ data }) => data === ERASED && resolve();
    });
    const release = await soon(acquireLock(database, { mode: "shared" }));
    try {
      const found = await find(database, options);
      if (!found) return void (channel.close(), release());
      const { keys, store, expected, isNew } = found;
      const device = new Device(store, keys, await bundle(keys), options, failed);
      device.#check(expected, options);
      device.#release = () => (channel.close(), store.unwatch(), release());
      heard.then(() => (store.unwatch(), erased(), release()));
      store.watch(() => device.#fails("store-failed"));
      return { device, isNew };
    } catch (error) {
      channel.close();
      release();
      throw error;
    }
  }

  #check(expected: string | undefined, { postQuantum }: Options) {
    if (expected && expected !== this.id) throw new SealframeError("device-exists");
    if (postQuantum === "required" && !this.hybrid) throw new SealframeError("classic-device");
  }

  /** The signature `r ‖ s`, 64 bytes. */
  async sign({ bytes }: SignTask): Promise<[Bytes]> {
    const { privateKey } = this.#keys.signing;
    return [new Uint8Array(await crypto.subtle.sign(SIGNING, privateKey, bytes))];
  }

  /**
   * Makes the keys of an incarnation. They are never stored, so when the worker has ended nobody
   * can open what was sealed to them. An RSA device always has the same key.
   */
  async stay(): Promise<Stay> {
    const { rsa } = this.#keys;
    if (rsa) return { agree: async ({ enc }) => [await decrypt(rsa.privateKey, enc)] };
    const { publicKey, privateKey } = await agreementPair();
    const point = new Uint8Array(await crypto.subtle.exportKey("raw", publicKey));
    return { point, agree: async ({ enc }) => [await agree(privateKey, enc)] };
  }

  /** The recovery file. */
  async file(): Promise<Bytes> {
    const file = await soon(this.#store.get(RECOVERY));
    if (!file) throw new SealframeError("not-recoverable");
    return file;
  }

  /**
   * Enters a call, and returns a function that leaves it. Rejects as "device-busy" while another
   * page has this device in that call.
   */
  enter(callId: string): Promise<() => void> {
    const signal = AbortSignal.timeout(OTHER_PAGE_MS);
    return acquireLock(`sealframe ${this.id} ${callId}`, { signal });
  }

  /** Reports devices that were never seen with their person, and remembers them. */
  async recordKnownDevices(persons: KnownPerson[], post: Post) {
    if (persons.length > 0) await this.#inBackground(this.#known.record(persons, post));
  }

  /** Forgets that this person had this device. */
  async forget(name: string, id: string) {
    await soon(this.#known.forget(name, id));
  }

  /** Watches work that no request waits for. */
  async #inBackground(work: Promise<void>) {
    await soon(work).catch((error) => this.#fails(codeOf(error)));
    await work.then(
      () => (this.#reported = false),
      (error) => this.#fails(codeOf(error)),
    );
  }

  #fails(code: ErrorCode) {
    if (!this.#reported) this.#failed(code);
    this.#reported = true;
  }

  /** Deletes the keys, after every other page of this profile released them. */
  async erase() {
    const { database } = this.#store;
    this.#release();
    const alone = acquireLock(database, { signal: AbortSignal.timeout(OTHER_PAGE_MS) });
    new BroadcastChannel(database).postMessage(ERASED);
    const release = await alone.catch(() => () => {});
    await soon(Store.erase(database)).finally(release);
  }
}

/** The answer of the browser's storage or locks; "store-failed" if it takes too long. */
function soon<T>(work: Promise<T>): Promise<T> {
  return within(work, STORAGE_MS, new SealframeError("store-failed"));
}

/** Keys as the store has them. */
type StoredKeys = Awaited<ReturnType<typeof Store.create<Keys>>>;

interface Found {
  keys: Keys;
  store: Store;
  /** The id of the device in the recovery file. */
  expected: string | undefined;
  isNew: boolean;
}

/** The device that the profile has. If it has none, one is made or restored, unless `known`. */
async function find(
  database: string,
  { password, file, known, ...kind }: Options,
): Promise<Found | undefined> {
  const old = await soon(Store.find<StoredKeys>(database));
  // An earlier version stored agreement keys instead.
  if (old && !old.suite) throw new SealframeError("unsupported-version");
  const stored = { expected: undefined, isNew: false };
  if (old && !file) return { ...stored, keys: old, store: new Store(database, old) };
  if (known) return undefined;
  const fresh = file ? await restore(file, password) : await make(kind, password);
  const expected = file && deviceId(await bundle(fresh.keys));
  const entries: [string, Bytes][] = fresh.file ? [[RECOVERY, fresh.file]] : [];
  const keys = old ?? (await soon(Store.create(database, fresh.keys, entries)));
  // If two pages got here together, one of them made it.
  const isNew = !file && keys.signing === fresh.keys.signing;
  return { keys, store: new Store(database, keys), expected, isNew };
}

/** New keys, and their recovery file if there is a password. */
async function make(kind: Kind, password?: string): Promise<{ keys: Keys; file?: Bytes }> {
  if (password === undefined) return { keys: await generate(kind, false) };
  const payload = await exportKeys(await generate(kind, true));
  const keys = await importKeys(payload);
  const salt = crypto.getRandomValues(new Uint8Array(16));
  return { keys, file: await argon2("seal", password, payload, salt) };
}

async function restore(file: Bytes, password = ""): Promise<{ keys: Keys; file: Bytes }> {
  const payload = await argon2("open", password, file.slice());
  const keys = await importKeys(payload).finally(() => payload.fill(0));
  return { keys, file };
}
