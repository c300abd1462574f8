/** A device's signing key in a file, sealed under a key of the application. */
import { link, open, readFile, rm } from "node:fs/promises";
import { SealframeError } from "../shared/errors.js";
import type { Bytes } from "../shared/types.js";
import { join, SIGNING } from "../worker/device-keys.js";

/** Where a device's signing key is: in a file, a key management service, or a hardware module. */
export interface SigningKey {
  /** The public key: an uncompressed P-256 point, 65 bytes. */
  readonly publicKey: Uint8Array;
  /** ECDSA with SHA-256 over `bytes`, as `r ‖ s`: 64 bytes. */
  sign(bytes: Uint8Array): Promise<Uint8Array>;
}

/** "SFDK", and the version of the form. They are also the additional data. */
const MAGIC = Uint8Array.of(0x53, 0x46, 0x44, 0x4b, 1);
/** Bytes of an AES-GCM nonce. */
const IV_LEN = 12;
/** Bytes of an uncompressed P-256 point. */
const POINT_LEN = 65;
/** Bytes of an AES-256 key. */
const KEY_LEN = 32;
/** Only the owner may read the file. */
const MODE = 0o600;

/**
 * The signing key in the file at `path`, sealed by AES-256-GCM under `key`, 32 bytes. If there is no
 * file, a device is made and the file written. The form: `MAGIC ‖ nonce (12) ‖ sealed (point ‖
 * PKCS#8)`.
 *
 * @throws {SealframeError} "bad-argument" for a key of another length; "store-damaged" if the file
 *   was changed or sealed under another key; "store-failed" if it cannot be read or written.
 */
export async function deviceFile(path: string, key: Uint8Array): Promise<SigningKey> {
  if (key?.length !== KEY_LEN) throw new SealframeError("bad-argument", "key");
  const usages: KeyUsage[] = ["encrypt", "decrypt"];
  const sealing = await crypto.subtle.importKey(
    "raw",
    new Uint8Array(key),
    "AES-GCM",
    false,
    usages,
  );
  const found = await find(path);
  return unseal(found ?? (await create(path, sealing)), sealing);
}

async function find(path: string): Promise<Bytes | undefined> {
  try {
    return new Uint8Array(await readFile(path));
  } catch (error) {
    if ((error as { code?: string }).code === "ENOENT") return undefined;
    throw new SealframeError("store-failed");
  }
}

/** Makes a device and its file. If another process was faster, its file counts. */
async function create(path: string, sealing: CryptoKey): Promise<Bytes> {
  const { publicKey, privateKey } = await crypto.subtle.generateKey(SIGNING, true, ["sign"]);
  const point = new Uint8Array(await crypto.subtle.exportKey("raw", publicKey));
  const secret = new Uint8Array(await crypto.subtle.exportKey("pkcs8", privateKey));
  const payload = join([point, secret]);
  try {
    const iv = crypto.getRandomValues(new Uint8Array(IV_LEN));
    const sealed = await crypto.subtle.encrypt(gcm(iv), sealing, payload);
    await writeOnce(path, join([MAGIC, iv, new Uint8Array(sealed)]));
  } finally {
    secret.fill(0);
    payload.fill(0);
  }
  const written = await find(path);
  if (!written) throw new SealframeError("store-failed");
  return written;
}

/** Writes a whole file or none, and leaves one that is there already. */
async function writeOnce(path: string, bytes: Uint8Array) {
  const part = `${path}.${crypto.randomUUID()}`;
  try {
    const file = await open(part, "wx", MODE);
    await file.writeFile(bytes);
    await file.sync();
    await file.close();
    await link(part, path).catch((error) => {
      if (error.code !== "EEXIST") throw error;
    });
  } catch {
    throw new SealframeError("store-failed");
  } finally {
    await rm(part, { force: true });
  }
}

async function unseal(file: Bytes, sealing: CryptoKey): Promise<SigningKey> {
  const start = MAGIC.length + IV_LEN;
  if (!MAGIC.every((byte, at) => byte === file[at])) throw new SealframeError("store-damaged");
  try {
    const algorithm = gcm(file.slice(MAGIC.length, start));
    const opened = await crypto.subtle.decrypt(algorithm, sealing, file.slice(start));
    return await imported(new Uint8Array(opened));
  } catch {
    throw new SealframeError("store-damaged");
  }
}

/** The key of an opened file. From here on no script can read it. */
async function imported(payload: Bytes): Promise<SigningKey> {
  const [publicKey, secret] = [payload.slice(0, POINT_LEN), payload.slice(POINT_LEN)];
  const key = await crypto.subtle.importKey("pkcs8", secret, SIGNING, false, ["sign"]);
  secret.fill(0);
  payload.fill(0);
  const sign = async (bytes: Uint8Array) =>
    new Uint8Array(await crypto.subtle.sign(SIGNING, key, new Uint8Array(bytes)));
  return { publicKey, sign };
}

const gcm = (iv: Bytes) => ({ name: "AES-GCM", iv, additionalData: MAGIC });
