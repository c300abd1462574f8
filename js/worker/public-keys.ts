/**
 * The worker's operations with public keys for the core, and with the secrets that they agree on.
 */
import { SealframeError } from "../shared/errors.js";
import type { Bytes } from "../shared/types.js";
import { AGREEMENT, RSA, rsaPublic, SIGNING } from "./device-keys.js";
import type { EncapsulateTask, VerifyTask } from "./host-task.js";

/** Bytes of an agreed secret. */
const SECRET_LEN = 32;

/** Whether the signature is genuine. Rejects if the key is invalid. */
export async function verify(task: VerifyTask): Promise<[boolean]> {
  const key = await crypto.subtle.importKey("raw", task.public, SIGNING, false, ["verify"]);
  return [await crypto.subtle.verify(SIGNING, key, task.signature, task.bytes)];
}

/** The encapsulation, and the secret in it. Rejects if the key is invalid. */
export async function encapsulate({ kem, public: to }: EncapsulateTask): Promise<[Bytes, Bytes]> {
  if (kem === "p256") {
    const { publicKey, privateKey } = await agreementPair();
    const secret = await agree(privateKey, to);
    return [new Uint8Array(await crypto.subtle.exportKey("raw", publicKey)), secret];
  }
  const secret = crypto.getRandomValues(new Uint8Array(SECRET_LEN));
  return [new Uint8Array(await crypto.subtle.encrypt(RSA, await rsaPublic(to), secret)), secret];
}

/** A new P-256 key pair, whose private key no script can read. */
export function agreementPair(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey(AGREEMENT, false, ["deriveBits"]);
}

/** The x coordinate of the point shared with `point`. */
export async function agree(own: CryptoKey, point: Bytes): Promise<Bytes> {
  const peer = await crypto.subtle.importKey("raw", point, AGREEMENT, false, []);
  const algorithm = { ...AGREEMENT, public: peer };
  return new Uint8Array(await crypto.subtle.deriveBits(algorithm, own, 8 * SECRET_LEN));
}

/** The secret in an RSA ciphertext. */
export async function decrypt(own: CryptoKey, enc: Bytes): Promise<Bytes> {
  const secret = new Uint8Array(await crypto.subtle.decrypt(RSA, own, enc));
  if (secret.length !== SECRET_LEN) throw new SealframeError("bad-message");
  return secret;
}
