/**
 * What a profile keeps, in one IndexedDB object store: the device's keys under "device", which no
 * script can read, and everything else sealed under two of them, names included.
 */
import { deleteDB, openDB } from "idb";
import { SealframeError } from "./errors.js";

/** @typedef {Uint8Array<ArrayBuffer>} Bytes @typedef {{ seal: CryptoKey, name: CryptoKey }} StoreKeys */
/** @typedef {import("idb").IDBPObjectStore<unknown, string[], string, "readwrite">} Rows */
const STORE = "sealframe";
const DEVICE = "device";
const IV = 12;
/** Milliseconds: an erased database is away for good by then, unless something that is not ours keeps it open. */
const PATIENCE = 3000;
/** There is no such database, or no longer. */
const ABSENT = new SealframeError("store-failed");

/** Nothing here has a limit: who asks decides how long to wait, and what was begun goes on. */
export class Store {
  /** What is not written yet, the newest of each name alone. */
  #waiting = /** @type {Map<string, { bytes: Uint8Array, written: Promise<void> }>} */ (new Map());
  /** Entries are written in the order in which that was asked for; one that failed holds up no other. */
  #last = /** @type {Promise<unknown>} */ (Promise.resolve());

  constructor(/** @type {string} */ database, /** @type {StoreKeys} */ keys) {
    this.database = database;
    this.keys = keys;
  }

  /** What this database holds as "device", if anything. @returns {Promise<any>} */
  static find(/** @type {string} */ database) {
    return visit(database, false, (rows) => rows.get(DEVICE)).catch(ifAbsent);
  }

  /**
   * Puts in a device and first entries, all at once. Of two tabs that get here together, the first
   * one's count: returns what is there afterwards.
   * @param {string} database @param {object} keys @param {[string, Bytes][]} entries @returns {Promise<any>}
   */
  static async create(database, keys, entries) {
    const own = { seal: await sealingKey(), name: await namingKey() };
    const device = { ...keys, ...own };
    const sealed = await Promise.all(entries.map(([name, bytes]) => seal(own, name, bytes)));
    return visit(database, true, async (rows) => {
      const first = await rows.get(DEVICE);
      if (first) return first;
      await Promise.all([rows.put(device, DEVICE), ...sealed.map(([name, value]) => rows.put(value, name))]);
      return device;
    });
  }

  /** Everything that is there goes, even where somebody's open connection keeps the empty database. */
  static async erase(/** @type {string} */ database) {
    await visit(database, false, (rows) => rows.clear()).catch(ifAbsent);
    await Promise.race([deleteDB(database), new Promise((done) => setTimeout(done, PATIENCE))]);
  }

  /** Undefined if there is none. Throws "store-damaged" if it is not what was put in. */
  async get(/** @type {string} */ name) {
    await this.#last;
    const row = await rowName(this.keys, name);
    const value = await visit(this.database, false, (rows) => rows.get(row));
    if (value === undefined) return undefined;
    try {
      return new Uint8Array(await crypto.subtle.decrypt(gcm(name, value.subarray(0, IV)), this.keys.seal, value.subarray(IV)));
    } catch {
      throw new SealframeError("store-damaged");
    }
  }

  /** Nothing happens where the database was erased meanwhile. */
  set(/** @type {string} */ name, /** @type {Uint8Array} */ bytes) {
    const waiting = this.#waiting.get(name);
    if (waiting) {
      waiting.bytes = bytes;
      return waiting.written;
    }
    const write = async () => {
      this.#waiting.delete(name);
      const [row, value] = await seal(this.keys, name, entry.bytes);
      await visit(this.database, false, (rows) => rows.put(value, row)).catch(ifAbsent);
    };
    const entry = { bytes, written: this.#last.then(write) };
    this.#waiting.set(name, entry);
    this.#last = entry.written.catch(() => {});
    return entry.written;
  }
}

const sealingKey = () => crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
const namingKey = () => crypto.subtle.generateKey({ name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
const utf8 = (/** @type {string} */ text) => new TextEncoder().encode(text);
const gcm = (/** @type {string} */ name, /** @type {Bytes} */ iv) => ({ name: "AES-GCM", iv, additionalData: utf8(name) });

/** A call's id is nobody's business either. @param {StoreKeys} keys @param {string} name */
async function rowName({ name: key }, name) {
  const mac = new Uint8Array(await crypto.subtle.sign("HMAC", key, utf8(name)));
  return Array.from(mac, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** @param {StoreKeys} keys @param {string} name @param {Uint8Array} bytes @returns {Promise<[string, Bytes]>} */
async function seal(keys, name, bytes) {
  const iv = crypto.getRandomValues(new Uint8Array(IV));
  const sealed = await crypto.subtle.encrypt(gcm(name, iv), keys.seal, /** @type {Bytes} */ (bytes));
  const value = new Uint8Array(IV + sealed.byteLength);
  value.set(iv);
  value.set(new Uint8Array(sealed), IV);
  return [await rowName(keys, name), value];
}

/**
 * An open connection would block `erase()`, everywhere. Without `create`, a database that is not
 * there stays away: another tab may have logged out. @template T
 * @param {string} name @param {boolean} create @param {(rows: Rows) => Promise<T>} work @returns {Promise<T>}
 */
async function visit(name, create, work) {
  let missing = false;
  const upgrade = (/** @type {any} */ db, /** @type {any} */ _old, /** @type {any} */ _new, /** @type {any} */ transaction) => {
    if (create) return void db.createObjectStore(STORE);
    missing = true;
    transaction.done.catch(() => {});
    transaction.abort();
  };
  const database = await openDB(name, 1, { upgrade }).catch((error) => Promise.reject(missing ? ABSENT : error));
  try {
    const { store, done } = database.transaction(STORE, "readwrite");
    const value = await work(/** @type {any} */ (store));
    await done;
    return value;
  } finally {
    database.close();
  }
}

function ifAbsent(/** @type {unknown} */ error) {
  if (error !== ABSENT) throw error;
}
