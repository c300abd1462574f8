/**
 * The storage of a profile, in one IndexedDB object store. The device's keys are under "device",
 * and no script can read them. Everything else is sealed under two of these keys, names included.
 */
import { deleteDB, type IDBPDatabase, type OpenDBCallbacks, openDB } from "idb";
import { SealframeError } from "../shared/errors.js";
import type { Bytes } from "../shared/types.js";

interface StoreKeys {
  seal: CryptoKey;
  name: CryptoKey;
}

/** The object store, with its rows under text. */
interface Rows {
  get(row: string): Promise<unknown>;
  put(value: unknown, row: string): Promise<unknown>;
  clear(): Promise<void>;
}

const STORE = "sealframe";
const DEVICE = "device";
/** Bytes of an AES-GCM nonce. */
const IV_LEN = 12;
/** An erased database is gone after this many milliseconds, unless foreign code keeps it open. */
const ERASE_LIMIT_MS = 3000;
/** Milliseconds until a database is opened again that the browser just closed. */
const REOPEN_MS = 500;
/** The database does not exist, or not any more. */
const ABSENT = new SealframeError("store-failed");

/** Nothing here has a time limit: the caller decides how long it waits, and the work goes on. */
export class Store {
  readonly database: string;
  readonly #keys: StoreKeys;
  /** Entries that are not written yet, the newest of each name. */
  readonly #waiting = new Map<string, { bytes: Uint8Array; written: Promise<void> }>();
  /** Entries are written in order. If one fails, the next one is written anyway. */
  #last: Promise<unknown> = Promise.resolve();
  /** Whether the database was deleted: one of that name is then another device's. */
  #gone = false;
  #watched: IDBPDatabase | undefined;

  constructor(database: string, keys: StoreKeys) {
    this.database = database;
    this.#keys = keys;
  }

  /** The device in this database. */
  static find<K extends StoreKeys>(database: string): Promise<K | undefined> {
    return visit(database, false, (rows) => rows.get(DEVICE) as Promise<K>).catch(ifAbsent);
  }

  /**
   * Stores a device and its first entries, all at once. If two tabs get here together, the first
   * one counts. Returns the device that is stored afterwards.
   */
  static async create<K extends object>(
    database: string,
    keys: K,
    entries: [string, Bytes][],
  ): Promise<K & StoreKeys> {
    const own = { seal: await sealingKey(), name: await namingKey() };
    const device = { ...keys, ...own };
    const sealed = await Promise.all(entries.map(([name, bytes]) => seal(own, name, bytes)));
    return visit(database, true, async (rows) => {
      const first = (await rows.get(DEVICE)) as typeof device | undefined;
      if (first) return first;
      await Promise.all([
        rows.put(device, DEVICE),
        ...sealed.map(([name, value]) => rows.put(value, name)),
      ]);
      return device;
    });
  }

  /** Deletes every row, and the database unless an open connection keeps it. */
  static async erase(database: string): Promise<void> {
    await visit(database, false, (rows) => rows.clear()).catch(ifAbsent);
    const limit = new Promise((done) => setTimeout(done, ERASE_LIMIT_MS));
    await Promise.race([deleteDB(database), limit]);
  }

  /**
   * Calls `lost` once if the database is deleted or evicted. An open connection hears of that, and
   * closes before anybody has to wait for it.
   */
  async watch(lost: () => void) {
    const over = () => {
      if (this.#gone) return;
      this.unwatch();
      lost();
    };
    const again = () => {
      this.#watched?.close();
      if (!this.#gone) this.watch(lost);
    };
    try {
      this.#watched = await open(this.database, false, {
        blocking: (_, version) => (version === null ? over() : again()),
        terminated: again,
      });
      if (this.#gone) this.#watched.close();
    } catch (error) {
      if (error === ABSENT) over();
      // The browser is still closing it (Chromium 156).
      else if ((error as Error).name === "AbortError") setTimeout(again, REOPEN_MS);
    }
  }

  /** From here on nothing is read or written. */
  unwatch() {
    this.#gone = true;
    this.#watched?.close();
  }

  get gone(): boolean {
    return this.#gone;
  }

  /** The entry, or undefined without one. Throws "store-damaged" if it was changed. */
  async get(name: string): Promise<Bytes | undefined> {
    await this.#last;
    if (this.#gone) throw ABSENT;
    const row = await rowName(this.#keys, name);
    const value = (await visit(this.database, false, (rows) => rows.get(row))) as Bytes | undefined;
    if (value === undefined) return undefined;
    try {
      const algorithm = gcm(name, value.subarray(0, IV_LEN));
      const sealed = value.subarray(IV_LEN);
      return new Uint8Array(await crypto.subtle.decrypt(algorithm, this.#keys.seal, sealed));
    } catch {
      throw new SealframeError("store-damaged");
    }
  }

  /** Writes an entry. Does nothing if the database was erased meanwhile. */
  set(name: string, bytes: Uint8Array): Promise<void> {
    const waiting = this.#waiting.get(name);
    if (waiting) {
      waiting.bytes = bytes;
      return waiting.written;
    }
    const write = async () => {
      this.#waiting.delete(name);
      if (this.#gone) return;
      const [row, value] = await seal(this.#keys, name, entry.bytes);
      await visit(this.database, false, (rows) => rows.put(value, row)).catch(ifAbsent);
    };
    const entry = { bytes, written: this.#last.then(write) };
    this.#waiting.set(name, entry);
    this.#last = entry.written.catch(() => {});
    return entry.written;
  }
}

function sealingKey(): Promise<CryptoKey> {
  return crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}

function namingKey(): Promise<CryptoKey> {
  return crypto.subtle.generateKey({ name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
}

const utf8 = (text: string) => new TextEncoder().encode(text);
const gcm = (name: string, iv: Bytes) => ({ name: "AES-GCM", iv, additionalData: utf8(name) });

/** A name is hidden too: it may contain the id of a call. */
async function rowName({ name: key }: StoreKeys, name: string): Promise<string> {
  const mac = new Uint8Array(await crypto.subtle.sign("HMAC", key, utf8(name)));
  return Array.from(mac, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A row: its name and its value. */
async function seal(keys: StoreKeys, name: string, bytes: Uint8Array): Promise<[string, Bytes]> {
  const iv = crypto.getRandomValues(new Uint8Array(IV_LEN));
  const sealed = await crypto.subtle.encrypt(gcm(name, iv), keys.seal, bytes as Bytes);
  const value = new Uint8Array(IV_LEN + sealed.byteLength);
  value.set(iv);
  value.set(new Uint8Array(sealed), IV_LEN);
  return [await rowName(keys, name), value];
}

/**
 * Does `work` in a transaction. The connection closes afterwards, because an open one would block
 * `erase()` in every tab. Without `create` a missing database stays away: another tab may have
 * logged out.
 */
async function visit<T>(
  name: string,
  create: boolean,
  work: (rows: Rows) => Promise<T>,
): Promise<T> {
  const database = await open(name, create);
  try {
    const { store, done } = database.transaction(STORE, "readwrite");
    const value = await work(store as Rows);
    await done;
    return value;
  } finally {
    database.close();
  }
}

async function open(
  name: string,
  create: boolean,
  callbacks?: OpenDBCallbacks<unknown>,
): Promise<IDBPDatabase> {
  let missing = false;
  const upgrade: OpenDBCallbacks<unknown>["upgrade"] = (database, _old, _new, transaction) => {
    if (create) return void database.createObjectStore(STORE);
    missing = true;
    transaction.done.catch(() => {});
    transaction.abort();
  };
  return openDB(name, 1, { ...callbacks, upgrade }).catch((error) => {
    throw missing ? ABSENT : error;
  });
}

function ifAbsent(error: unknown): undefined {
  if (error !== ABSENT) throw error;
}
