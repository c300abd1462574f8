// Key messages (docs/protocol.md §3), made from the private keys of both ends. P-256 is node:crypto's.
import { createECDH, createHash } from "node:crypto";
import { ml_kem768 } from "@noble/post-quantum/ml-kem.js";
import { expand, extract, verify } from "../check.mjs";
import { hex, join, seal, sha, short, uint, written } from "./bytes.mjs";

const { subtle } = globalThis.crypto;
const ECDSA = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const OAEP = { name: "RSA-OAEP", hash: "SHA-256" };
const KEM = { 1: 0x0010, 2: 0x0050, 3: 0xff03 };
const [ENVELOPE, ACK, ANNOUNCEMENT, NOTE] = [1, 2, 3, 4];
/** The one of all these messages: incarnations are of one call. */
const CALL = "room-42";

/** Of an envelope the inputs are who, call, counter, KID, holders, question, key, counters, the nonce it answers, and what its KEM drew. */
export async function envelope({ devices, envelopes }) {
  const own = await named(devices);
  const made = [];
  for (const old of envelopes) made.push(await makeEnvelope(old, own));
  return { devices: own, envelopes: made };
}

/** Of an announcement the nonces, the question and whether an incarnation of the recipient is known; of an ack envelope and statement, and the list of holders (or none); of a note who is kept. */
export async function announcement({ announcements, acks, notes }, devices, envelopes) {
  const own = await named(devices);
  const announce = (old) => {
    const { entry, keys } = own[old.from];
    return signed(
      ANNOUNCEMENT,
      old,
      written({ ...pick(old, "nonce", "answers", "question"), entry, keys }),
      own,
    );
  };
  const counterOf = ({ ofEnvelope }) => uint(envelopes[ofEnvelope].counter, 8).toString("hex");
  const acknowledge = async (old) => {
    const { list } = old;
    const holders = list
      ? (await sha(256, "sealframe/2 roster", hex(list))).toString("hex")
      : old.holders;
    const statement = statementOf({ ...old, holders }).toString("hex");
    return signed(
      ACK,
      old,
      {
        of: counterOf(old),
        ...pick(old, "ofEnvelope", "kid", "answers"),
        holders,
        statement,
        list,
      },
      own,
    );
  };
  const note = (old) => signed(NOTE, old, pick(old, "kept"), own);
  return {
    announcements: await Promise.all(announcements.map(announce)),
    acks: await Promise.all(acks.map(acknowledge)),
    notes: await Promise.all(notes.map(note)),
  };
}

const pick = (from, ...names) => Object.fromEntries(names.map((name) => [name, from[name]]));
const decode = (text) => Buffer.from(text, "base64url");
const point = ({ x, y }) => join([4], decode(x), decode(y));
const statementOf = ({ kid, answers, holders }) => join(...[kid, answers, holders].map(hex));

/** Each device's bundle and id, and of its stay in the call the keys that it announces and its name. */
export async function named(devices) {
  const entries = Object.entries(devices).map(
    async ([name, { suite, entry, agreementPrivate, mlkemSeed, signingPrivate }]) => {
      const modulus = agreementPrivate.n ? decode(agreementPrivate.n) : [];
      const bundle = join([4, suite], point(signingPrivate), modulus);
      const mlkem = mlkemSeed ? ml_kem768.keygen(hex(mlkemSeed)).publicKey : [];
      const keys = agreementPrivate.n ? Buffer.alloc(0) : join(point(agreementPrivate), mlkem);
      const id = await short(bundle);
      const hash = await sha(
        256,
        "sealframe/2 incarnation",
        await short(Buffer.from(CALL)),
        id,
        [suite],
        hex(entry),
        keys,
      );
      const stay = {
        entry,
        agreementPrivate,
        ...(mlkemSeed && { mlkemSeed }),
        keys,
        incarnation: hash.subarray(0, 16),
      };
      return [name, written({ suite, bundle, id, ...stay, signingPrivate })];
    },
  );
  return Object.fromEntries(await Promise.all(entries));
}

async function makeEnvelope(old, devices) {
  const { kid, baseKey, nextFrame, nextData, answers, holders, question } = old;
  const to = devices[old.to];
  const statement = statementOf(old);
  const info = join(
    "sealframe/2 envelope",
    await header(ENVELOPE, old, devices),
    statement,
    hex(question),
  );
  const { shown, ...made } = await encapsulate(old, to);
  const { schedule, key, baseNonce } = await keySchedule(to.suite, made.sharedSecret, info);
  const ct = await seal(
    key,
    baseNonce,
    new Uint8Array(),
    join(...[baseKey, nextFrame, nextData].map(hex)),
  );
  const said = { kid, answers, holders, statement, question };
  const body = written({
    ...said,
    info,
    ...shown,
    ...made,
    ...schedule,
    key,
    baseNonce,
    baseKey,
    nextFrame,
    nextData,
    ct,
  });
  return signed(ENVELOPE, old, body, devices);
}

/** The fields of a body that go over the wire, in order. */
const WIRE = {
  [ENVELOPE]: ({ statement, question, enc, ct }) => [statement, question, enc, ct],
  [ACK]: ({ of, statement, list }) => [of, statement, list],
  [ANNOUNCEMENT]: ({ nonce, answers, question, entry, keys }) => [
    nonce,
    answers,
    question,
    entry,
    keys,
  ],
  [NOTE]: ({ kept }) => [kept],
};

/** A whole message. */
async function signed(type, old, body, devices) {
  const { from, to, call, counter, known } = old;
  const front = await header(type, old, devices);
  const unsigned = join(front, ...WIRE[type](body).map(hex));
  const toSign = join("sealframe/2 key message", unsigned);
  const signature = await sign(devices[from], unsigned, toSign, old.signature);
  const last = { toSign, signature, message: join(unsigned, signature) };
  return written({
    from,
    to,
    call,
    suite: front[2],
    ...(known !== undefined && { known }),
    counter,
    header: front,
    ...body,
    ...last,
  });
}

async function header(type, { from, to, call, counter, known = true }, devices) {
  const [sender, recipient] = [devices[from], devices[to]];
  const ids = await Promise.all(
    [Buffer.from(call), hex(sender.bundle), hex(recipient.bundle)].map(short),
  );
  const { suite } = type === ANNOUNCEMENT ? sender : recipient;
  const other = known ? hex(recipient.incarnation) : Buffer.alloc(16);
  return join([2, type, suite], ...ids, hex(sender.incarnation), other, uint(counter, 8));
}

/** One signature is as good as another: the old one stays while it is genuine. */
async function sign({ bundle, signingPrivate }, unsigned, toSign, old) {
  if (old && (await verify(hex(bundle), join(unsigned, hex(old))))) return hex(old);
  const key = await subtle.importKey("jwk", signingPrivate, ECDSA, false, ["sign"]);
  return Buffer.from(await subtle.sign(ECDSA, key, toSign));
}

/** What the recipient's KEM makes of what was drawn for it; `shown` is what comes before `enc` in the file. */
async function encapsulate(
  { ephemeralPrivate, m, enc, sharedSecret },
  { suite, keys, agreementPrivate },
) {
  if (suite === 3)
    return {
      enc: await encrypt(agreementPrivate, hex(sharedSecret), enc),
      sharedSecret: hex(sharedSecret),
    };
  const own = hex(keys).subarray(0, 65);
  const pair = createECDH("prime256v1");
  pair.setPrivateKey(hex(ephemeralPrivate));
  const [ephemeral, dh] = [pair.getPublicKey(), pair.computeSecret(own)];
  const points = join(ephemeral, own);
  if (suite === 1) {
    const id = join("KEM", uint(KEM[1], 2));
    const shared = await expand(
      id,
      await extract(id, "", "eae_prk", dh),
      "shared_secret",
      points,
      32,
    );
    return { shown: { ephemeralPrivate, ephemeral }, enc: ephemeral, dh, sharedSecret: shared };
  }
  const { cipherText, sharedSecret: mlkemSecret } = ml_kem768.encapsulate(
    hex(keys).subarray(65),
    hex(m),
  );
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
  const use = (key, usage) =>
    subtle.importKey("jwk", { ...key, key_ops: [usage] }, OAEP, false, [usage]);
  const opened =
    old && (await subtle.decrypt(OAEP, await use(jwk, "decrypt"), hex(old)).catch(() => undefined));
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
