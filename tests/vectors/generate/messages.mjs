// Key messages (docs/protocol.md §3), made from the private keys of both ends. P-256 is node:crypto's.
import { createECDH, createHash } from "node:crypto";
import { ml_kem768 } from "@noble/post-quantum/ml-kem.js";
import { expand, extract, verify } from "../check.mjs";
import { hex, join, seal, short, uint, written } from "./bytes.mjs";

const { subtle } = globalThis.crypto;
const ECDSA = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const OAEP = { name: "RSA-OAEP", hash: "SHA-256" };
const KEM = { 1: 0x0010, 2: 0x0050, 3: 0xff03 };
const [ENVELOPE, ACK, REQUEST] = [1, 2, 3];

/** Of an envelope the inputs are who, call, serial, KID, key, counters, the nonce it answers, and what its KEM drew. */
export async function envelope({ devices, envelopes }) {
  const made = [];
  for (const old of envelopes) made.push(await makeEnvelope(old, devices));
  return { devices: await named(devices), envelopes: made };
}

/** Of a request the nonce; of an ack the envelope. */
export async function request({ requests, acks }, devices) {
  const ask = (old) => signed(REQUEST, old, { nonce: hex(old.nonce) }, devices);
  const acknowledge = (old) => signed(ACK, old, { ofEnvelope: old.ofEnvelope, kid: hex(old.kid) }, devices);
  const signers = Object.entries(await named(devices)).map(([name, device]) => {
    const { bundle, id, signingPrivate } = device;
    return [name, { bundle, id, signingPrivate }];
  });
  return {
    devices: Object.fromEntries(signers),
    requests: await Promise.all(requests.map(ask)),
    acks: await Promise.all(acks.map(acknowledge)),
  };
}

async function named(devices) {
  const entries = Object.entries(devices).map(async ([name, device]) => {
    const { bundle, id: _, ...keys } = device;
    return [name, written({ bundle, id: await short(hex(bundle)), ...keys })];
  });
  return Object.fromEntries(await Promise.all(entries));
}

async function makeEnvelope(old, devices) {
  const { kid, baseKey, nextFrame, nextData, answers } = old;
  const to = devices[old.to];
  const info = join("sealframe/1 envelope", await header(ENVELOPE, old, devices), hex(kid));
  const { shown, ...made } = await encapsulate(old, to);
  const { schedule, key, baseNonce } = await keySchedule(hex(to.bundle)[0], made.sharedSecret, info);
  const ct = await seal(key, baseNonce, new Uint8Array(), join(...[baseKey, nextFrame, nextData, answers].map(hex)));
  const content = { baseKey, nextFrame, nextData, answers };
  const body = { kid: hex(kid), info, ...shown, ...made, ...schedule, key, baseNonce, ...content, ct };
  return signed(ENVELOPE, old, body, devices);
}

/** A whole message. Its body's bytes are those of its fields that go over the wire. */
async function signed(type, old, body, devices) {
  const { from, to, call, serial } = old;
  const front = await header(type, old, devices);
  const wire = type === ENVELOPE ? [body.kid, body.enc, body.ct] : [body.kid ?? body.nonce];
  const unsigned = join(front, ...wire);
  const toSign = join("sealframe/1 key message", unsigned);
  const signature = await sign(devices[from], unsigned, toSign, old.signature);
  const { kid, ofEnvelope, nonce, ...values } = body;
  const first = {
    [ENVELOPE]: { kid, header: front },
    [ACK]: { ofEnvelope, header: front, kid },
    [REQUEST]: { header: front, nonce },
  }[type];
  const last = { toSign, signature, message: join(unsigned, signature) };
  return written({ from, to, call, suite: front[2], serial, ...first, ...values, ...last });
}

async function header(type, { from, to, call, serial }, devices) {
  const [sender, recipient] = [from, to].map((name) => hex(devices[name].bundle));
  const ids = await Promise.all([Buffer.from(call), sender, recipient].map(short));
  return join([1, type, recipient[0]], ...ids, uint(serial, 8));
}

/** One signature is as good as another: the old one stays while it is genuine. */
async function sign({ bundle, signingPrivate }, unsigned, toSign, old) {
  if (old && (await verify(hex(bundle), join(unsigned, hex(old))))) return hex(old);
  const key = await subtle.importKey("jwk", signingPrivate, ECDSA, false, ["sign"]);
  return Buffer.from(await subtle.sign(ECDSA, key, toSign));
}

/** What the recipient's KEM makes of what was drawn for it; `shown` is what comes before `enc` in the file. */
async function encapsulate({ ephemeralPrivate, m, enc, sharedSecret }, { bundle, agreementPrivate }) {
  const suite = hex(bundle)[0];
  if (suite === 3) return { enc: await encrypt(agreementPrivate, hex(sharedSecret), enc), sharedSecret: hex(sharedSecret) };
  const own = hex(bundle).subarray(1, 66);
  const pair = createECDH("prime256v1");
  pair.setPrivateKey(hex(ephemeralPrivate));
  const [ephemeral, dh] = [pair.getPublicKey(), pair.computeSecret(own)];
  const points = join(ephemeral, own);
  if (suite === 1) {
    const id = join("KEM", uint(KEM[1], 2));
    const shared = await expand(id, await extract(id, "", "eae_prk", dh), "shared_secret", points, 32);
    return { shown: { ephemeralPrivate, ephemeral }, enc: ephemeral, dh, sharedSecret: shared };
  }
  const { cipherText, sharedSecret: mlkemSecret } = ml_kem768.encapsulate(hex(bundle).subarray(131), hex(m));
  const combined = join(mlkemSecret, dh, points, "MLKEM768-P256");
  return {
    shown: { ephemeralPrivate, ephemeral, m, mlkemCiphertext: cipherText, mlkemSecret },
    enc: join(cipherText, ephemeral),
    dh,
    sharedSecret: createHash("sha3-256").update(combined).digest(),
  };
}

/** RSA-OAEP is random as well: the old ciphertext stays while it holds the secret. */
async function encrypt(jwk, secret, old) {
  const use = (key, usage) => subtle.importKey("jwk", { ...key, key_ops: [usage] }, OAEP, false, [usage]);
  const opened = old && (await subtle.decrypt(OAEP, await use(jwk, "decrypt"), hex(old)).catch(() => undefined));
  if (opened && secret.equals(Buffer.from(opened))) return hex(old);
  const { kty, n, e } = jwk;
  return Buffer.from(await subtle.encrypt(OAEP, await use({ kty, n, e }, "encrypt"), secret));
}

/** RFC 9180 §5.1 in base mode. */
async function keySchedule(suite, sharedSecret, info) {
  const id = join("HPKE", uint(KEM[suite], 2), [0, 1, 0, 2]);
  const pskIdHash = await extract(id, "", "psk_id_hash", "");
  const infoHash = await extract(id, "", "info_hash", info);
  const keyScheduleContext = join([0], pskIdHash, infoHash);
  const secret = await extract(id, sharedSecret, "secret", "");
  const key = await expand(id, secret, "key", keyScheduleContext, 32);
  const baseNonce = await expand(id, secret, "base_nonce", keyScheduleContext, 12);
  return { schedule: { pskIdHash, infoHash, keyScheduleContext, secret }, key, baseNonce };
}
