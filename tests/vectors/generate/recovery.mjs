// Recovery containers (docs/protocol.md §5), and what is refused. Argon2id is that of @noble/hashes.
import { argon2id } from "@noble/hashes/argon2.js";
import { hex, join, seal, uint, written } from "./bytes.mjs";

const { subtle } = globalThis.crypto;
const ECDSA = { name: "ECDSA", namedCurve: "P-256" };
const OAEP = { name: "RSA-OAEP", hash: "SHA-256" };
/** Where each field of a container is. */
const [VERSION, KDF, MEMORY, PASSES, LANES, SALT, CHECK, SEALED] = [18, 19, 20, 24, 28, 29, 45, 77];

/** Its inputs are password, cost and salt, and a device by its name or any payload. */
export async function recovery({ cases }, devices) {
  const made = [];
  for (const { password, memory, passes, salt, payload, device } of cases) {
    const parts = device && (await partsOf(device.name, devices[device.name]));
    const plain = device ? join(...payloadOf(parts)) : hex(payload);
    const [key, check] = stretch(password, hex(salt), memory, passes);
    const header = join(
      "sealframe recovery",
      [2, 1],
      uint(memory, 4),
      uint(passes, 4),
      [1],
      hex(salt),
    );
    const container = join(
      header,
      check,
      await seal(key, new Uint8Array(12), join(header, check), plain),
    );
    const inputs = { password, passwordUtf8: Buffer.from(password), memory, passes, salt };
    const own = device && { device: written(parts) };
    made.push(written({ ...inputs, key, check, header, ...own, payload: plain, container }));
  }
  return { cases: made, refused: refused(made) };
}

/** What a payload is made of: the bundle, PKCS#8 of the signing key and, of an RSA device, of that key. */
async function partsOf(name, { bundle, agreementPrivate, signingPrivate }) {
  const signing = await pkcs8(signingPrivate, ECDSA, "sign");
  const rsa = agreementPrivate.n ? { rsa: await pkcs8(agreementPrivate, OAEP, "decrypt") } : {};
  return { name, bundle: hex(bundle), signing, ...rsa };
}

const payloadOf = ({ bundle, signing, rsa }) => [
  bundle,
  ...[signing, ...(rsa ? [rsa] : [])].flatMap((key) => [uint(key.length, 2), key]),
];

async function pkcs8(jwk, algorithm, usage) {
  const key = await subtle.importKey(
    "jwk",
    { ...jwk, key_ops: [usage], ext: true },
    algorithm,
    true,
    [usage],
  );
  return Buffer.from(await subtle.exportKey("pkcs8", key));
}

/** Key and check; the same question is answered once. */
function stretch(password, salt, memory, passes) {
  const question = JSON.stringify([password, salt.toString("hex"), memory, passes]);
  answers[question] ??= Buffer.from(
    argon2id(password, salt, { m: memory, t: passes, p: 1, dkLen: 64 }),
  );
  return [answers[question].subarray(0, 32), answers[question].subarray(32)];
}
const answers = {};

/** Of the first case and of the second: what is bent, and the code that it is refused with. */
function refused([first, second]) {
  const container = hex(first.container);
  const change = (at, by = 1) => container.map((byte, i) => (i === at ? byte ^ by : byte));
  const put = (at, bytes) =>
    Buffer.concat([container.subarray(0, at), bytes, container.subarray(at + bytes.length)]);
  const { password } = first;
  return [
    ["another password", "Correct horse battery staple", container, "wrong-password"],
    [
      "another form of the same letters",
      second.password.normalize("NFD"),
      hex(second.container),
      "wrong-password",
    ],
    ["no password", "", container, "wrong-password"],
    ["salt changed", password, change(SALT + 1), "wrong-password"],
    ["check changed", password, change(CHECK + 5), "wrong-password"],
    [
      "more memory than was used",
      password,
      put(MEMORY, uint(first.memory + 1, 4)),
      "wrong-password",
    ],
    [
      "more passes than were used",
      password,
      put(PASSES, uint(first.passes + 1, 4)),
      "wrong-password",
    ],
    ["ciphertext changed", password, change(SEALED + 3), "bad-container"],
    ["tag changed", password, change(container.length - 1), "bad-container"],
    ["one byte short", password, container.subarray(0, -1), "bad-container"],
    ["one byte long", password, join(container, [0]), "bad-container"],
    ["magic changed", password, change(0), "bad-container"],
    ["less memory than is safe", password, put(MEMORY, uint((19 << 10) - 1, 4)), "bad-container"],
    ["more memory than is sane", password, put(MEMORY, uint((256 << 10) + 1, 4)), "bad-container"],
    ["all the memory there is", password, put(MEMORY, uint(0xffffffff, 4)), "bad-container"],
    ["one pass", password, put(PASSES, uint(1, 4)), "bad-container"],
    ["more passes than are sane", password, put(PASSES, uint(9, 4)), "bad-container"],
    ["two lanes", password, put(LANES, uint(2, 1)), "bad-container"],
    ["the version before", password, put(VERSION, uint(1, 1)), "unsupported-version"],
    ["another version", password, put(VERSION, uint(3, 1)), "unsupported-version"],
    ["another way to stretch", password, put(KDF, uint(2, 1)), "unsupported-version"],
    ["nothing", password, Buffer.alloc(0), "bad-container"],
    ["shorter than its front", password, container.subarray(0, SEALED + 15), "bad-container"],
  ].map(([why, password, container, code]) =>
    written({ why, password, container, code, ...asked(password, container) }),
  );
}

/** What Argon2id gives, where it is asked at all. */
function asked(password, container) {
  const [version, kdf, lanes] = [VERSION, KDF, LANES].map((at) => container[at]);
  if (version !== 2 || kdf !== 1 || lanes !== 1 || container.length < SEALED + 16) return {};
  const [memory, passes] = [MEMORY, PASSES].map((at) => container.readUInt32BE(at));
  if (memory < 19 << 10 || memory > 256 << 10 || passes < 2 || passes > 8) return {};
  const [key, check] = stretch(password, container.subarray(SALT, CHECK), memory, passes);
  return { key, check };
}
