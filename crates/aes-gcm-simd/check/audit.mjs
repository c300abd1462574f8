// Runs the engine with every byte of key and text marked as secret, and lists where a secret
// decides a branch, a choice, a call or an address. All of the engine's code must have been run.
import { createCipheriv } from "node:crypto";
import { readFileSync } from "node:fs";
import { Machine } from "./machine.mjs";
import { parse } from "./wasm.mjs";

/**
 * Names of the engine's functions. The other functions are Rust's allocator, and its messages for a
 * panic.
 */
const ENGINE = /aes_gcm_simd|^(seal|open|new_cipher|drop_cipher)$/;

/**
 * The only exception: `v128.any_true` looks at the difference of two tags. `open` may reveal
 * whether the difference is zero, because that is its verdict. The places where the tags differ
 * stay within the vector.
 */
const ANY_TRUE = 0xfd53;

/**
 * Lengths for each number of whole blocks that GHASH treats differently, with and without a partial
 * block.
 */
const LENGTHS = [0, 1, 2, 3, 4, 8, 9].flatMap((blocks) => [16 * blocks, 16 * blocks + 5]);
/**
 * Lengths for each number of blocks in the last batch. The longest one has enough batches that the
 * counter's last byte carries.
 */
const LONG = [176, 192, 208, 223, 224, 225, 255, 300, 4500];

/** `brief` runs one message. Otherwise all messages run that are needed to reach all code. */
export function audit(path, { verdict = [ANY_TRUE], brief = false } = {}) {
  const module = parse(readFileSync(path));
  const found = new Map();
  const report = ({ fn, at, what }) => found.set(`${fn.name} +${at}`, what);
  const run = new Run(new Machine(module, { verdict, report }));
  if (brief) run.message(100, 20);
  else run.everything();
  run.end();
  const engine = module.functions.filter(({ name, seen }) => ENGINE.test(name) && seen);
  const decides = ({ code }) => code.some(({ op }) => op === ANY_TRUE);
  return {
    found: [...found].map(([where, what]) => `${where}: ${what}`),
    missed: engine.flatMap((fn) => missed(module, fn)),
    verdicts: engine.filter(decides).map(({ name }) => name),
    instructions: engine.reduce((sum, { code }) => sum + code.length, 0),
  };
}

/** One cipher and its messages, each compared with OpenSSL: what is audited must be AES-GCM. */
class Run {
  constructor(machine) {
    this.machine = machine;
    this.base = machine.call("allocate", 65536);
    this.places = { nonce: this.base + 64, aad: this.base + 128, data: this.base + 1024 };
    this.key = pattern(32, 7);
    this.#put(this.base, this.key, true);
    this.cipher = machine.call("new_cipher", this.base);
  }

  everything() {
    for (const length of LENGTHS) for (const aad of LENGTHS) this.message(length, aad);
    for (let length = 0; length <= 16; length++) this.message(length, 16 - length);
    for (const length of LONG) this.message(length, 48);
  }

  message(length, aadLength) {
    const { nonce, aad, data } = this.places;
    const [iv, header, text] = [pattern(12, length), pattern(aadLength, 3), pattern(length, 5)];
    this.#put(nonce, iv, false);
    this.#put(aad, header, false);
    this.#put(data, text, true);
    this.#call("seal", header, text);
    this.#expect(data, sealed(this.key, iv, header, text));
    // The sealed text is public. The opened text is not, because the key is secret.
    this.machine.mark(data, length + 16, false);
    this.machine.memory[data + length] ^= 1;
    if (length < 16 && this.#call("open", header, text) !== 1)
      throw new Error("a wrong tag was accepted");
    this.machine.memory[data + length] ^= 1;
    if (this.#call("open", header, text) !== 0) throw new Error("a right tag was refused");
    this.#expect(data, text);
  }

  end() {
    this.machine.call("drop_cipher", this.cipher);
  }

  #put(at, bytes, secret) {
    this.machine.memory.set(bytes, at);
    this.machine.mark(at, bytes.length, secret);
  }

  #call(name, header, text) {
    const { nonce, aad, data } = this.places;
    return this.machine.call(name, this.cipher, nonce, aad, header.length, data, text.length);
  }

  #expect(at, bytes) {
    if (!bytes.equals(this.machine.memory.subarray(at, at + bytes.length)))
      throw new Error("the machine computes something else than OpenSSL");
  }
}

const pattern = (length, step) => Buffer.from(Array.from({ length }, (_, i) => i * step + 1));

function sealed(key, nonce, aad, text) {
  const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(aad);
  return Buffer.concat([cipher.update(text), cipher.final(), cipher.getAuthTag()]);
}

/** Parts of the engine's code that did not run, except those that need not run. */
function missed(module, fn) {
  const gaps = [];
  for (let at = 0; at < fn.code.length; at++) {
    if (fn.seen[at]) continue;
    const start = at;
    while (at < fn.code.length && !fn.seen[at]) at++;
    gaps.push(fn.code.slice(start, at));
  }
  const text = (gap) => gap.map(({ op }) => op.toString(16)).join(" ");
  return gaps
    .filter((gap) => !UNREACHED.some(({ of }) => of(fn, gap, module)))
    .map((gap) => `${fn.name}: ${text(gap)}`);
}

const calls = (gap, module, name) =>
  gap.some(({ op, index }) => op === 0x10 && name.test(module.functions[index].name));

const UNREACHED = [
  {
    why: "the end of a block that is always left by a branch",
    of: (_, gap) => gap.every(({ op }) => op === 0x0b || op === 0x00),
  },
  {
    why: "a panic; bounds were checked before, which the compiler does not always see",
    of: (_, gap, module) => calls(gap, module, /panic|fail|handle_alloc_error/),
  },
  {
    why: "the allocator, inlined where a key is made: the gap has no SIMD instruction",
    of: ({ name }, gap) => name === "new_cipher" && gap.every(({ op }) => op < 0xfd00),
  },
  {
    why: "a fourth block: the number of leading zeros rules it out",
    of: (_, gap, module) => gap.length < 12 && calls(gap, module, /HashKey.*hash/),
  },
];
