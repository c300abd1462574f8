// Devices as in a browser, with Node's WebCrypto, and a wire between them.
import { Call, device_id } from "sealframe/core";
import "./core.mjs";

const { subtle } = globalThis.crypto;
const ECDH = { name: "ECDH", namedCurve: "P-256" };
const ECDSA = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const OAEP = { name: "RSA-OAEP", hash: "SHA-256" };
const RSA = { ...OAEP, modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) };
/** Suites by their numbers in a bundle. */
const SUITES = { p256: 1, "mlkem768-p256": 2, rsa: 3 };

const random = (length) => globalThis.crypto.getRandomValues(new Uint8Array(length));
const raw = async ({ publicKey }) => new Uint8Array(await subtle.exportKey("raw", publicKey));

/** The keys of a device, as a browser makes them. */
export async function makeDevice(kem = "p256") {
  const signing = await subtle.generateKey(ECDSA, true, ["sign", "verify"]);
  const rsa =
    kem === "rsa" ? await subtle.generateKey(RSA, true, ["encrypt", "decrypt"]) : undefined;
  const modulus = rsa
    ? Buffer.from((await subtle.exportKey("jwk", rsa.publicKey)).n, "base64url")
    : Buffer.alloc(0);
  const bundle = Buffer.concat([Buffer.from([4, SUITES[kem]]), await raw(signing), modulus]);
  return { id: device_id(bundle), suite: SUITES[kem], bundle, signing, rsa };
}

/**
 * A device in a call, with agreement keys of this stay. `outputs` collects all outputs of its core,
 * `shared` the secrets that its host tasks agreed on.
 */
export async function join(callId = "room", { kem = "p256", weakest = 1, device } = {}) {
  const own = device ?? (await makeDevice(kem));
  const agreement = own.rsa ?? (await subtle.generateKey(ECDH, true, ["deriveBits"]));
  const point = own.rsa ? undefined : await raw(agreement);
  const { made: call, drawn } = draws(
    () => new Call(callId, own.id, own.bundle, point, weakest, 0),
  );
  // A new core draws 16 bytes for its entry, then the ML-KEM seed of a hybrid device.
  const seed = own.suite === 2 ? drawn.subarray(16, 80) : undefined;
  return { ...own, agreement, seed, call, outputs: [], shared: [] };
}

/** The result of `work`, and the random bytes that it drew. */
function draws(work) {
  const { crypto } = globalThis;
  const parts = [];
  const getRandomValues = (array) => {
    Object.getPrototypeOf(crypto).getRandomValues.call(crypto, array);
    parts.push(Buffer.from(array));
    return array;
  };
  Object.defineProperty(crypto, "getRandomValues", { configurable: true, value: getRandomValues });
  try {
    return { made: work(), drawn: Buffer.concat(parts) };
  } finally {
    delete crypto.getRandomValues;
  }
}

/** Puts every device on every roster, and settles. */
export async function meet(parties, now = 0) {
  const bundles = parties.map(({ bundle }) => bundle);
  for (const party of parties) party.call.set_members(bundles, [], now);
  await settle(parties, now);
}

/** Does the tasks of the cores and carries their messages until nothing is left. */
export async function settle(parties, now = 0, carry = (message) => message) {
  for (let busy = true; busy; ) {
    busy = false;
    for (const party of parties) {
      for (let output; (output = party.call.poll()); busy = true) {
        party.outputs.push(output);
        await serve(party, output, now);
        if (output.type === "send") deliver(parties, party, output, now, carry);
      }
    }
  }
}

/** The answer to each host task: the core's method, and the values between ticket and time. */
const ANSWERS = {
  sign: async ({ signing }, { bytes }) => [
    "signed",
    new Uint8Array(await subtle.sign(ECDSA, signing.privateKey, bytes)),
  ],
  verify: async (_, { public: point, signature, bytes }) => {
    const key = await subtle.importKey("raw", point, ECDSA, false, ["verify"]);
    return ["verified", await subtle.verify(ECDSA, key, signature, bytes)];
  },
  encapsulate: async ({ shared }, { kem, public: key }) => {
    const [enc, secret] = await encapsulate(kem, key);
    shared.push(Buffer.from(secret));
    return ["encapsulated", enc, secret];
  },
  agree: async ({ agreement, shared }, { kem, enc }) => {
    const secret = await agree(kem, agreement.privateKey, enc);
    shared.push(Buffer.from(secret));
    return ["agreed", secret];
  },
};

/** Does one host task. If that fails the core gets `refused`, as from a browser's worker. */
export async function serve(party, output, now) {
  const answerOf = ANSWERS[output.type];
  if (!answerOf) return;
  const answer = await answerOf(party, output).catch(() => ["refused"]);
  const [verb, ...values] = answer;
  party.call[verb](output.ticket, ...values, now);
}

async function encapsulate(kem, key) {
  if (kem === "rsa") {
    const jwk = { kty: "RSA", n: Buffer.from(key).toString("base64url"), e: "AQAB" };
    const publicKey = await subtle.importKey("jwk", jwk, OAEP, false, ["encrypt"]);
    const secret = random(32);
    return [new Uint8Array(await subtle.encrypt(OAEP, publicKey, secret)), secret];
  }
  const ephemeral = await subtle.generateKey(ECDH, false, ["deriveBits"]);
  return [await raw(ephemeral), await agree(kem, ephemeral.privateKey, key)];
}

async function agree(kem, privateKey, enc) {
  if (kem === "rsa") return new Uint8Array(await subtle.decrypt(OAEP, privateKey, enc));
  const peer = await subtle.importKey("raw", enc, ECDH, false, []);
  return new Uint8Array(await subtle.deriveBits({ ...ECDH, public: peer }, privateKey, 256));
}

function deliver(parties, from, { to, bytes }, now, carry) {
  const message = carry(bytes);
  const receiver = parties.find(({ id }) => id === to);
  if (message && receiver) receiver.call.receive(message, from.id, now);
}
