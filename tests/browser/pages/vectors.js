// The RFC 9605 vectors against the core in this browser. The core chooses KIDs and counters itself,
// so it opens frames that WebCrypto seals with those of the vectors. It also derives base keys
// itself, so the key schedule of WebCrypto is compared with the vectors first.
import init, { Call, codec_number, error_codes } from "/dist/core.js";
import { senderKey } from "./forge.js";

const { subtle } = crypto;
const OPUS = "audio/opus";
const utf8 = (text) => new TextEncoder().encode(text);
const hex = (text) => Uint8Array.from(text.match(/../g) ?? [], (byte) => parseInt(byte, 16));
const join = (...parts) => Uint8Array.from(parts.flatMap((part) => [...part]));
const equal = (a, b) => a.length === b.length && a.every((byte, i) => byte === b[i]);
/** AAD of an Opus frame without a track label: its window is empty. */
const METADATA = join(utf8("sealframe/1"), [1, 1, 0]);

function uint(value, length) {
  return hex(
    BigInt(value)
      .toString(16)
      .padStart(length * 2, "0"),
  );
}

async function derive(baseKey, kid, what, length) {
  const info = join(utf8(`SFrame 1.0 Secret ${what} `), uint(kid, 8), uint(5, 2));
  const key = await subtle.importKey("raw", baseKey, "HKDF", false, ["deriveBits"]);
  const parameters = { name: "HKDF", hash: "SHA-512", salt: new Uint8Array(), info };
  return new Uint8Array(await subtle.deriveBits(parameters, key, length * 8));
}

/** A frame that WebCrypto seals under this header, with the key schedule of the vectors. */
async function seal({ key, salt }, header, ctr, metadata, frame) {
  const iv = uint(ctr, 12).map((byte, i) => byte ^ salt[i]);
  const secret = await subtle.importKey("raw", key, "AES-GCM", false, ["encrypt"]);
  const algorithm = { name: "AES-GCM", iv, additionalData: join(header, metadata) };
  return join(header, new Uint8Array(await subtle.encrypt(algorithm, secret, frame)));
}

/** The result of the core for a frame of this sender, whose key it has. */
function open(core, given, wire) {
  const call = new Call("room", "me", undefined, undefined, 1, 0);
  call.set_keys(["you"], [given], 0);
  const at = call.scratch(wire.length);
  new Uint8Array(core.memory.buffer, at, wire.length).set(wire);
  const length = call.open(call.open_stream(1, "you", ""), codec_number(OPUS), wire.length);
  const result =
    length < 0
      ? error_codes()[-length]
      : new Uint8Array(core.memory.buffer.slice(call.start(), call.start() + length));
  call.free();
  return result;
}

globalThis.vectors = async () => {
  const core = await init({ module_or_path: fetch("/dist/core.wasm") });
  const text = await (await fetch("/vectors/sframe-rfc9605.json")).text();
  // JavaScript numbers cannot hold KIDs and counters of 64 bits.
  const { header: headers, sframe } = JSON.parse(text.replace(/: (\d{16,})/g, ': "$1"'));
  const frame = crypto.getRandomValues(new Uint8Array(40));
  const failed = [];
  for (const { kid, ctr, encoded } of headers) {
    const given = crypto.getRandomValues(new Uint8Array(32));
    const schedule = await scheduleOf(await senderKey(given, "application", "you"), kid);
    const opened = open(core, given, await seal(schedule, hex(encoded), ctr, METADATA, frame));
    // The last counter has no successor, so it is never used.
    const fine =
      BigInt(ctr) === 2n ** 64n - 1n
        ? opened === "counter-exhausted"
        : typeof opened !== "string" && equal(opened, frame);
    if (!fine) failed.push(encoded);
  }
  return {
    failed,
    headers: headers.length,
    suite5: await checkSuite5(
      core,
      sframe.find((one) => one.cipher_suite === 5),
      frame,
    ),
  };
};

const scheduleOf = async (baseKey, kid) => ({
  key: await derive(baseKey, kid, "key", 32),
  salt: await derive(baseKey, kid, "salt", 12),
});

/**
 * Compares keys and ciphertext of WebCrypto with the vector, then opens a frame with the same
 * header.
 */
async function checkSuite5(core, vector, frame) {
  const [ct, kid] = [hex(vector.ct), vector.kid];
  const schedule = await scheduleOf(hex(vector.base_key), kid);
  const keys =
    equal(schedule.key, hex(vector.sframe_key)) && equal(schedule.salt, hex(vector.sframe_salt));
  const header = ct.subarray(0, ct.length - hex(vector.pt).length - 16);
  const sealed = await seal(schedule, header, vector.ctr, hex(vector.metadata), hex(vector.pt));
  const given = hex(vector.base_key);
  const own = await scheduleOf(await senderKey(given, "application", "you"), kid);
  const opened = open(core, given, await seal(own, header, vector.ctr, METADATA, frame));
  return {
    kid,
    keys,
    ciphertext: equal(sealed, ct),
    opened: typeof opened !== "string" && equal(opened, frame),
  };
}
globalThis.scenarios = { vectors: globalThis.vectors };
globalThis.ready = true;
