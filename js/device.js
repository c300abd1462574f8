/** This browser profile's identity, and what it does for the core with keys that no script can read. */
import { deviceId } from "./engine.js";
import { SealframeError, codeOf } from "./errors.js";
import { within } from "./limit.js";
import { AGREEMENT, RSA, SIGNING, SUITES, bundle, exportKeys, generate, importKeys, rsaPublic } from "./keys.js";
import { Store } from "./store.js";
import { vault } from "./vault.js";

/** @typedef {Uint8Array<ArrayBuffer>} Bytes @typedef {import("./keys.js").Keys} Keys */
/** @typedef {{ point?: Bytes, agree(errand: { enc: Bytes }): Promise<Bytes[]> }} Stay `point`: the public half; `agree`: the x coordinate of the point shared with `enc`, or what RSA finds in it */
/** @typedef {{ name: string, postQuantum: boolean | "required", legacy: false | "accept" | "device", password?: string, file?: Bytes }} Options */
/** Entries of the store. */
const [RECOVERY, KNOWN] = ["recovery", "known"];
/** What a page that logs out says to the others; an application may have a channel of the same name. */
const ERASED = "sealframe: erased";
/** Devices that are remembered of one person: those that were on a roster last. */
const MOST_DEVICES = 64;
/** Milliseconds: a reload's old page is gone by then. */
const PATIENCE = 3000;
/** Milliseconds that storage may take: an upgrade by another page, or a phone that wakes up, takes seconds. */
const STORAGE = 10_000;

export class Device {
  #store;
  #keys;
  #leave = () => {};
  #failed;
  /** Whether it was said that storage fails, since it last did not. */
  #told = false;

  /** @param {Store} store @param {Keys} keys @param {Bytes} bundle @param {Options} options @param {(code: string) => void} failed */
  constructor(store, keys, bundle, { postQuantum, legacy }, failed) {
    this.#failed = failed;
    this.#store = store;
    this.#keys = keys;
    this.bundle = bundle;
    this.id = deviceId(bundle);
    /** Whether what others seal to it holds against a quantum computer. */
    this.hybrid = keys.suite === SUITES.hybrid;
    /** The number of the weakest suite that members may have. */
    this.weakest = postQuantum === "required" ? SUITES.hybrid : legacy ? SUITES.rsa : SUITES.p256;
  }

  /**
   * The device of this name. If the profile has no such device, it is made now, or restored.
   * @param {Options} options @param {{ erased(): void, failed(code: string): void }} tell `failed`: something is not
   *   remembered, or not yet; said once, until something is
   */
  static async open(options, { erased, failed }) {
    const database = options.name ? `sealframe:${options.name}` : "sealframe";
    // Before the lock: whoever holds that can be told.
    const channel = new BroadcastChannel(database);
    const told = new Promise((resolve) => (channel.onmessage = ({ data }) => data === ERASED && resolve(0)));
    const leave = await soon(hold(database, { mode: "shared" }));
    try {
      const { keys, store, expected } = await find(database, options);
      const device = new Device(store, keys, await bundle(keys), options, failed);
      if (expected && expected !== device.id) throw new SealframeError("device-exists");
      if (options.postQuantum === "required" && !device.hybrid) throw new SealframeError("classic-device");
      device.#leave = () => (channel.close(), leave());
      told.then(() => (erased(), leave()));
      return device;
    } catch (error) {
      channel.close();
      leave();
      throw error;
    }
  }

  /** ECDSA over SHA-256, 64 bytes. @param {{ bytes: Bytes }} errand */
  async sign({ bytes }) {
    return [new Uint8Array(await crypto.subtle.sign(SIGNING, this.#keys.signing.privateKey, bytes))];
  }

  /**
   * Keys for one stay in a call. They are never stored, so what was sealed to them is lost with the worker; an
   * RSA device has one key for good. @returns {Promise<Stay>}
   */
  async stay() {
    const { rsa } = this.#keys;
    if (rsa) return { agree: ({ enc }) => decrypt(rsa.privateKey, enc) };
    const { publicKey, privateKey } = await crypto.subtle.generateKey(AGREEMENT, false, ["deriveBits"]);
    const point = new Uint8Array(await crypto.subtle.exportKey("raw", publicKey));
    return { point, agree: async ({ enc }) => [await shared(privateKey, enc)] };
  }

  /** The recovery container. */
  async file() {
    const file = await soon(this.#store.get(RECOVERY));
    if (!file) throw new SealframeError("not-recoverable");
    return file;
  }

  /** Throws "device-busy" while another page has this device in that call; returns what lets it go. */
  enter(/** @type {string} */ callId) { return hold(`sealframe ${this.id} ${callId}`, { signal: AbortSignal.timeout(PATIENCE) }); }

  /** Tells which devices of these persons were never seen before, and remembers them. @param {import("./types.js").Roster} persons @param {(change: object) => void} tell */
  async meet(persons, tell) {
    if (persons.length === 0) return;
    await this.#beside(this.#change((before) => {
      const after = new Map(before);
      for (const { name, devices } of persons) {
        const seen = before?.get(name);
        // Who is new here is no change; where the memory of all was damaged, everybody is a stranger.
        const added = seen || !before ? devices.filter((id) => !seen?.includes(id)) : [];
        const others = seen?.filter((id) => !devices.includes(id)) ?? [];
        after.set(name, [...others, ...devices].slice(-MOST_DEVICES));
        if (added.length > 0) tell({ type: "keys-changed", name, added });
      }
      return after;
    }));
  }

  /** Makes a device of this person one that was never seen. */
  async forget(/** @type {string} */ name, /** @type {string} */ id) {
    await soon(this.#change((known) => known?.set(name, known.get(name)?.filter((device) => device !== id) ?? [])));
  }

  /** Work that no request waits for; its end, however it ends. @param {Promise<unknown>} work */
  async #beside(work) {
    await soon(work).catch((error) => this.#fails(codeOf(error)));
    await work.then(() => (this.#told = false), (error) => this.#fails(codeOf(error)));
  }

  #fails(/** @type {string} */ code) {
    if (!this.#told) this.#failed(code);
    this.#told = true;
  }

  /** Two pages change what is known one after the other. @param {(known: Map<string, string[]> | undefined) => Map<string, string[]> | undefined} change */
  async #change(change) {
    const leave = await hold(`${this.#store.database} ${KNOWN}`, {});
    try {
      const after = change(await this.#known());
      if (after) await this.#store.set(KNOWN, new TextEncoder().encode(JSON.stringify([...after])));
    } finally {
      leave();
    }
  }

  /** Persons and their devices; undefined where that was damaged. @returns {Promise<Map<string, string[]> | undefined>} */
  async #known() {
    const bytes = await this.#store.get(KNOWN).catch((error) => (codeOf(error) === "store-damaged" ? null : Promise.reject(error)));
    return bytes === null ? undefined : new Map(JSON.parse(new TextDecoder().decode(bytes) || "[]"));
  }

  /** Deletes the keys for good, when every other page of this profile has let go of them. */
  async erase() {
    const { database } = this.#store;
    this.#leave();
    const alone = hold(database, { signal: AbortSignal.timeout(PATIENCE) });
    new BroadcastChannel(database).postMessage(ERASED);
    const leave = await alone.catch(() => () => {});
    await soon(Store.erase(database)).finally(leave);
  }
}

/** An answer of the browser's storage, or of its locks, "store-failed" if that takes too long. @template T @param {Promise<T>} work */
const soon = (work) => within(work, STORAGE, new SealframeError("store-failed"));

/** Whether the signature is that key's: an error if the key is none. @param {{ public: Bytes, signature: Bytes, bytes: Bytes }} errand */
export async function verify({ public: point, signature, bytes }) {
  const key = await crypto.subtle.importKey("raw", point, SIGNING, false, ["verify"]);
  return [await crypto.subtle.verify(SIGNING, key, signature, bytes)];
}

/** What goes to that key's owner, and the secret in it: an error if the key is none. @param {{ kem: string, public: Bytes }} errand */
export async function encapsulate({ kem, public: to }) {
  if (kem === "p256") {
    const { publicKey, privateKey } = await crypto.subtle.generateKey(AGREEMENT, false, ["deriveBits"]);
    const secret = await shared(privateKey, to);
    return [new Uint8Array(await crypto.subtle.exportKey("raw", publicKey)), secret];
  }
  const secret = crypto.getRandomValues(new Uint8Array(32));
  return [new Uint8Array(await crypto.subtle.encrypt(RSA, await rsaPublic(to), secret)), secret];
}

async function decrypt(/** @type {CryptoKey} */ own, /** @type {Bytes} */ enc) {
  const secret = new Uint8Array(await crypto.subtle.decrypt(RSA, own, enc));
  if (secret.length !== 32) throw new SealframeError("bad-message");
  return [secret];
}

async function shared(/** @type {CryptoKey} */ own, /** @type {Bytes} */ point) {
  const peer = await crypto.subtle.importKey("raw", point, AGREEMENT, false, []);
  return new Uint8Array(await crypto.subtle.deriveBits({ ...AGREEMENT, public: peer }, own, 256));
}

/** What this profile has; what is made or restored if there is nothing. @param {string} database @param {Options} options */
async function find(database, { password, file, ...kind }) {
  const old = await soon(Store.find(database));
  // What an earlier version stored had agreement keys.
  if (old && !old.suite) throw new SealframeError("unsupported-version");
  if (old && !file) return { keys: old, store: new Store(database, old) };
  const fresh = file ? await restore(file, password) : await make(kind, password);
  const expected = file && deviceId(await bundle(fresh.keys));
  const keys = old ?? (await soon(Store.create(database, fresh.keys, fresh.file ? [[RECOVERY, fresh.file]] : [])));
  return { keys, store: new Store(database, keys), expected };
}

/** @param {{ postQuantum: unknown, legacy: unknown }} kind @param {string} [password] @returns {Promise<{ keys: Keys, file?: Bytes }>} */
async function make(kind, password) {
  if (password === undefined) return { keys: await generate(kind, false) };
  const payload = await exportKeys(await generate(kind, true));
  const keys = await importKeys(payload);
  return { keys, file: await vault("seal", password, payload, crypto.getRandomValues(new Uint8Array(16))) };
}

/** @returns {Promise<{ keys: Keys, file: Bytes }>} */
async function restore(/** @type {Bytes} */ file, password = "") {
  const payload = await vault("open", password, file.slice());
  const keys = await importKeys(payload).finally(() => payload.fill(0));
  return { keys, file };
}

/** Takes a Web Lock, and returns what lets it go; "device-busy" where that took too long. @param {string} name @param {LockOptions} options @returns {Promise<() => void>} */
function hold(name, options) {
  return new Promise((resolve, reject) => {
    const held = () => new Promise((leave) => resolve(() => leave(undefined)));
    navigator.locks.request(name, options, held).catch((error) => reject(error.name === "TimeoutError" ? new SealframeError("device-busy") : error));
  });
}
