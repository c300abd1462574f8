/** This browser profile's identity: two P-256 key pairs that no script can read. */
import { deleteDB, openDB } from "idb";
import { deviceId } from "./engine.js";

/** @typedef {Uint8Array<ArrayBuffer>} Bytes @typedef {{ agreement: CryptoKeyPair, signing: CryptoKeyPair }} Keys */
const AGREEMENT = { name: "ECDH", namedCurve: "P-256" };
const SIGNING = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
/** One object store: the keys under "device", and under "call …" what the core remembers of calls. */
const STORE = "sealframe";

export class Device {
  constructor(/** @type {string} */ database, /** @type {Keys} */ keys, /** @type {Bytes} */ bundle) {
    this.database = database;
    this.keys = keys;
    this.bundle = bundle;
    this.id = deviceId(bundle);
  }

  /** The device of this name; its keys are made now if there are none. */
  static async open(/** @type {string} */ name) {
    const database = name ? `sealframe:${name}` : "sealframe";
    const fresh = (await entry(database, "device")) ?? (await generate());
    // Of two tabs that get here at once, the first one's keys count.
    const keys = await entry(database, "device", (first) => first ?? fresh);
    return new Device(database, keys, await bundle(keys));
  }

  /** ECDSA over SHA-256, 64 bytes. */
  async sign(/** @type {Bytes} */ bytes) {
    return [new Uint8Array(await crypto.subtle.sign(SIGNING, this.keys.signing.privateKey, bytes))];
  }

  /** The x coordinate of the point we share with `point`, 32 bytes. */
  async agree(/** @type {Bytes} */ point) { return [await shared(this.keys.agreement.privateKey, point)]; }

  /** What the core wants to know when this device is in that call again; with `value`, sets it. */
  serials(/** @type {string} */ callId, /** @type {Uint8Array | undefined} */ value = undefined) {
    return entry(this.database, `call ${callId}`, value && (() => value));
  }

  /** Deletes the keys for good. */
  erase() { return deleteDB(this.database); }
}

/** Whether the signature is that key's: an error if the key is none. @param {{ public: Bytes, signature: Bytes, bytes: Bytes }} errand */
export async function verify({ public: point, signature, bytes }) {
  const key = await crypto.subtle.importKey("raw", point, SIGNING, false, ["verify"]);
  return [await crypto.subtle.verify(SIGNING, key, signature, bytes)];
}

/** An ephemeral public key, and the x coordinate of the point it shares with `point`: an error if that is none. */
export async function encapsulate(/** @type {Bytes} */ point) {
  const { publicKey, privateKey } = await crypto.subtle.generateKey(AGREEMENT, false, ["deriveBits"]);
  const secret = await shared(privateKey, point);
  return [new Uint8Array(await crypto.subtle.exportKey("raw", publicKey)), secret];
}

async function shared(/** @type {CryptoKey} */ own, /** @type {Bytes} */ point) {
  const peer = await crypto.subtle.importKey("raw", point, AGREEMENT, false, []);
  return new Uint8Array(await crypto.subtle.deriveBits({ ...AGREEMENT, public: peer }, own, 256));
}

/** Neither can be exported. @returns {Promise<Keys>} */
async function generate() {
  const agreement = await crypto.subtle.generateKey(AGREEMENT, false, ["deriveBits"]);
  return { agreement, signing: await crypto.subtle.generateKey(SIGNING, false, ["sign", "verify"]) };
}

/** u8 version = 1 ‖ agreement key ‖ signing key, both as uncompressed points */
async function bundle(/** @type {Keys} */ { agreement, signing }) {
  const bytes = new Uint8Array(131).fill(1, 0, 1);
  bytes.set(new Uint8Array(await crypto.subtle.exportKey("raw", agreement.publicKey)), 1);
  bytes.set(new Uint8Array(await crypto.subtle.exportKey("raw", signing.publicKey)), 66);
  return bytes;
}

/**
 * Reads an entry; `change` makes another of it. An open connection would block `erase()`, everywhere.
 * @param {string} name @param {string} key @param {(value: any) => any} [change] @returns {Promise<any>}
 */
async function entry(name, key, change) {
  const database = await openDB(name, 1, { upgrade: (db) => void db.createObjectStore(STORE) });
  const { store, done } = database.transaction(STORE, "readwrite");
  const value = await store.get(key);
  const changed = change?.(value) ?? value;
  if (change) await store.put(changed, key);
  await done;
  database.close();
  return changed;
}
