// The SIMD engine as compiled for browsers, against OpenSSL: the crate `aes-gcm-simd` alone, in its
// own module. Cargo tests the same natively.
import assert from "node:assert/strict";
import { createCipheriv, randomBytes, randomInt } from "node:crypto";
import { readFileSync } from "node:fs";
import { before, test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { audit } from "../../crates/aes-gcm-simd/check/audit.mjs";
import { build, Cipher, optimize } from "../../crates/aes-gcm-simd/check/build.mjs";
import { Machine } from "../../crates/aes-gcm-simd/check/machine.mjs";
import { parse } from "../../crates/aes-gcm-simd/check/wasm.mjs";

// Node 20 has relaxed SIMD behind a flag; later versions always have it.
if (process.version.startsWith("v20.")) setFlagsFromString("--experimental-wasm-relaxed-simd");

const MIB = 1 << 20;
let builds;

before(() => {
  const [simd, relaxed, crate] = ["simd", "relaxed", "crate"].map(build);
  builds = {
    simd,
    relaxed,
    crate,
    optimized: optimize(simd),
    "relaxed, optimized": optimize(relaxed),
  };
});

function expected(key, nonce, aad, text) {
  const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(aad);
  return Buffer.concat([cipher.update(text), cipher.final(), cipher.getAuthTag()]);
}

/** Seals and opens one message in one module, in place at `at`. */
function check(module, length, aadLength, at = randomInt(33)) {
  const [key, nonce] = [randomBytes(32), randomBytes(12)];
  const [aad, text] = [randomBytes(aadLength), randomBytes(length)];
  const where = `${length} bytes, ${aadLength} of associated data, at ${at}`;
  const cipher = module.key(key);
  const sealed = module.seal(cipher, nonce, aad, text, at);
  assert.ok(sealed.equals(expected(key, nonce, aad, text)), where);
  assert.ok(module.open(cipher, nonce, aad, sealed, at).text?.equals(text), where);
  module.drop(cipher);
}

for (const name of ["simd", "optimized", "relaxed", "relaxed, optimized", "crate"]) {
  test(`${name}: equals OpenSSL for messages to 1100 bytes and associated data to 4096`, () => {
    if (!builds[name]) return;
    const module = new Cipher(builds[name]);
    for (let length = 0; length <= 1100; length++) check(module, length, randomInt(80));
    for (let aad = 0; aad <= 4096; aad++) check(module, randomInt(40), aad);
  });
}

test("equals OpenSSL for long messages and every counter carry within 1 MiB", () => {
  const module = new Cipher(builds.simd);
  for (const length of [4063, 4064, 4065, 4096, 8192, 65_536, MIB, MIB + 4321])
    check(module, length, 20);
  for (let i = 0; i < 40; i++) check(module, randomInt(MIB), randomInt(4096));
});

test("the SIMD engine and the aes-gcm crate seal to the same bytes", () => {
  const [simd, crate] = [new Cipher(builds.simd), new Cipher(builds.crate)];
  for (let i = 0; i < 500; i++) {
    const [key, nonce, aad] = [randomBytes(32), randomBytes(12), randomBytes(randomInt(100))];
    const text = randomBytes(randomInt(3000));
    const [a, b] = [simd, crate].map((module) => {
      const cipher = module.key(key);
      const sealed = module.seal(cipher, nonce, aad, text);
      module.drop(cipher);
      return sealed;
    });
    assert.ok(a.equals(b));
  }
});

test("a message with any bit flipped is refused, and memory stays unchanged", () => {
  const module = new Cipher(builds.simd);
  for (let i = 0; i < 2000; i++) {
    const [key, nonce] = [randomBytes(32), randomBytes(12)];
    const [aad, text] = [randomBytes(1 + randomInt(50)), randomBytes(randomInt(400))];
    const cipher = module.key(key);
    const sealed = module.seal(cipher, nonce, aad, text);
    const target = [sealed, sealed, nonce, aad][i % 4];
    target[randomInt(target.length)] ^= 1 << randomInt(8);
    const { memory, text: opened } = module.open(cipher, nonce, aad, sealed);
    assert.equal(opened, undefined);
    assert.ok(memory.equals(sealed));
    module.drop(cipher);
  }
});

test("passes Wycheproof for 256-bit keys, 96-bit nonces and 128-bit tags", () => {
  const url = new URL("../vectors/wycheproof/aes_gcm_test.json", import.meta.url);
  const module = new Cipher(builds.simd);
  const ours = ({ keySize, ivSize, tagSize }) =>
    keySize === 256 && ivSize === 96 && tagSize === 128;
  const { testGroups } = JSON.parse(readFileSync(url, "utf8"));
  const tests = testGroups.filter(ours).flatMap((group) => group.tests);
  assert.equal(tests.length, 66);
  for (const { tcId, key, iv, aad, msg, ct, tag, result } of tests) {
    const [k, nonce, a, text] = [key, iv, aad, msg].map((hex) => Buffer.from(hex, "hex"));
    const sealed = Buffer.from(ct + tag, "hex");
    const cipher = module.key(k);
    const opened = module.open(cipher, nonce, a, sealed).text;
    assert.equal(opened?.toString("hex"), result === "valid" ? msg : undefined, `test ${tcId}`);
    if (result === "valid")
      assert.ok(module.seal(cipher, nonce, a, text).equals(sealed), `test ${tcId}`);
    module.drop(cipher);
  }
});

test("dropping a cipher wipes its key from memory", () => {
  const module = new Cipher(builds.simd);
  const [key, nonce, text] = [randomBytes(32), randomBytes(12), randomBytes(333)];
  const cipher = module.key(key);
  const sealed = module.seal(cipher, nonce, Buffer.from("header"), text);
  module.open(cipher, nonce, Buffer.from("header"), sealed);
  const secrets = secretsOf(key, nonce);
  const engine = new DataView(module.memory.buffer).getUint32(cipher, true);
  const zeros = () => module.memory.subarray(engine + 64, engine + 4464).filter((byte) => !byte);
  assert.ok(zeros().length < 3000);
  module.drop(cipher);
  assert.equal(zeros().length, 4400);
  module.memory.fill(0, module.base, module.base + Cipher.SIZE);
  const memory = Buffer.from(module.exports.memory.buffer);
  for (const [name, secret] of Object.entries(secrets))
    for (let at = 0; at + 8 <= secret.length; at += 4)
      assert.ok(!memory.includes(secret.subarray(at, at + 8)), name);
});

/** Values that only the key decides, and those of them that one message uses. */
function secretsOf(key, nonce) {
  const encrypt = (block) => {
    const cipher = createCipheriv("aes-256-ecb", key, null).setAutoPadding(false);
    return cipher.update(block);
  };
  const counters = Array.from({ length: 24 }, (_, counter) => {
    const block = Buffer.concat([nonce, Buffer.alloc(4)]);
    block.writeUInt32BE(counter, 12);
    return encrypt(block);
  });
  const words = Buffer.from(key).swap32();
  return {
    key,
    words,
    "hash key": encrypt(Buffer.alloc(16)),
    "key stream": Buffer.concat(counters),
  };
}

for (const name of ["simd", "optimized", "relaxed", "relaxed, optimized"]) {
  test(`${name}: no branch, select, call or address depends on a secret`, () => {
    if (!builds[name]) return;
    const { found, missed, verdicts } = audit(builds[name]);
    assert.deepEqual({ found, missed, verdicts }, { found: [], missed: [], verdicts: ["open"] });
  });
}

test("without its exception the constant-time audit finds only the tag comparison", () => {
  const { found } = audit(builds.simd, { verdict: [], brief: true });
  assert.equal(found.length, 1);
  assert.match(found[0], /^open \+\d+: (br_if|if)$/);
});

/** Bodies of a function that reads a secret from address 0, and then leaks it. */
const FORBIDDEN = {
  "address of a load": "28 02 00 0b",
  "address of a store": "41 07 36 02 00 41 00 0b",
  br_if: "02 40 41 00 28 02 00 0d 00 0b 0b",
  br_table: "02 40 41 00 28 02 00 0e 01 00 00 0b 0b",
  division: "41 09 6e 0b",
  if: "04 40 0b 41 00 0b",
  select: "41 01 41 00 28 02 00 1b 0b",
};

for (const [what, body] of Object.entries(FORBIDDEN)) {
  test(`the constant-time audit finds: ${what}`, () => {
    const reports = [];
    const module = parse(moduleOf(`41 00 28 02 00 ${body}`));
    const machine = new Machine(module, { report: ({ what: found }) => reports.push(found) });
    machine.memory[0] = 4;
    machine.call("f");
    assert.deepEqual(reports, []);
    machine.mark(0, 4, true);
    machine.call("f");
    assert.equal(reports.length, 1);
    assert.ok(what.startsWith(reports[0].split(",")[0]) || what === reports[0]);
  });
}

/** A module with one page of memory and one function, which returns an i32. */
function moduleOf(body) {
  const code = body.split(" ").map((byte) => parseInt(byte, 16));
  const head = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 5, 1, 0x60, 0, 1, 0x7f];
  const memory = [3, 2, 1, 0, 5, 3, 1, 0, 1];
  const exported = [7, 5, 1, 1, 0x66, 0, 0];
  const section = [10, code.length + 3, 1, code.length + 1, 0];
  return Uint8Array.from([...head, ...memory, ...exported, ...section, ...code]);
}
