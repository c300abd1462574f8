// A data message under any key and any KID, as the software of a member can make it. It follows
// docs/protocol.md §1.1 and §5, uses WebCrypto, and none of our code.
const utf8 = (text) => new TextEncoder().encode(text);
const join = (...parts) => new Uint8Array(parts.flatMap((part) => [...part]));

/** HKDF-SHA-512 without a salt. */
async function hkdf(secret, length, ...info) {
  const key = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveBits"]);
  const algorithm = { name: "HKDF", hash: "SHA-512", salt: new Uint8Array(), info: join(...info) };
  return new Uint8Array(await crypto.subtle.deriveBits(algorithm, key, length * 8));
}

/**
 * The base key of a sender.
 * @param {Uint8Array} secret
 * @param {"application" | "passphrase"} source
 */
export const senderKey = (secret, source, sender) =>
  hkdf(secret, 32, utf8(`sealframe/1 ${source} sender`), utf8(sender));

/** A data message to all, with counter 0. @param {Uint8Array} baseKey @param {bigint} kid */
export async function forge(baseKey, kid, data) {
  const number = new Uint8Array(new BigUint64Array([kid]).buffer).reverse();
  const short = number.slice(number.findIndex((byte) => byte !== 0));
  const header = join([(8 | (short.length - 1)) << 4], short);
  const secret = await hkdf(baseKey, 64, utf8("sealframe/1 data"));
  const derive = (what, length) =>
    hkdf(secret, length, utf8(`SFrame 1.0 Secret ${what} `), number, [0, 5]);
  const key = await crypto.subtle.importKey("raw", await derive("key", 32), "AES-GCM", false, [
    "encrypt",
  ]);
  const additionalData = join(header, utf8("sealframe/1 data"), [16, 0, 0]);
  const sealed = await crypto.subtle.encrypt(
    { name: "AES-GCM", iv: await derive("salt", 12), additionalData },
    key,
    data,
  );
  return join([1, 16], header, new Uint8Array(sealed));
}
