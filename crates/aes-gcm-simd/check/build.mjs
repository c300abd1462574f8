// The test module of this crate, `examples/engine.rs`, as wasm: the engine, or the `aes-gcm` crate.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../../../", import.meta.url));
const TARGET = "wasm32-unknown-unknown";
/** As the core is optimised: see wasm-pack.toml. */
const WASM_OPT = ["-O3", "--enable-simd", "--enable-relaxed-simd", "--enable-bulk-memory"];
const FEATURES = [
  "--enable-sign-ext",
  "--enable-mutable-globals",
  "--enable-nontrapping-float-to-int",
];

const FLAGS = { simd: "+simd128", relaxed: "+simd128,+relaxed-simd", crate: "-simd128" };

/**
 * Builds the module and returns its path: the engine, the same with relaxed lookups, or the crate.
 * The release profile is that of the workspace, except that the crate we compare with is optimised
 * for speed as well.
 */
export function build(name) {
  const target = process.env.CARGO_TARGET_DIR ?? `${root}target`;
  const folder = `${target}/engine/${name}`;
  const flags = ["build", "--quiet", "--release", "--package=aes-gcm-simd", "--example=engine"];
  const fast = name === "crate" ? ["--config=profile.release.opt-level=3"] : [];
  execFileSync("cargo", [...flags, ...fast, `--target=${TARGET}`, `--target-dir=${folder}`], {
    cwd: root,
    env: { ...process.env, RUSTFLAGS: `-C target-feature=${FLAGS[name]}` },
    stdio: ["ignore", "inherit", "inherit"],
  });
  return `${folder}/${TARGET}/release/examples/engine.wasm`;
}

/** The same after `wasm-opt`, or nothing if `wasm-opt` is not installed. */
export function optimize(path) {
  const program = `${root}node_modules/.bin/wasm-opt`;
  if (!existsSync(program)) return undefined;
  const out = path.replace(/\.wasm$/, ".opt.wasm");
  execFileSync(program, [...WASM_OPT, ...FEATURES, "--debuginfo", path, "-o", out]);
  return out;
}

/** A module with memory for keys, nonces and texts, and functions over bytes instead of offsets. */
export class Cipher {
  static SIZE = 4 << 20;

  constructor(path) {
    const module = new WebAssembly.Module(readFileSync(path));
    this.exports = new WebAssembly.Instance(module).exports;
    this.base = this.exports.allocate(Cipher.SIZE);
  }

  /** A view for as long as the memory does not grow. */
  get memory() {
    const { buffer } = this.exports.memory;
    if (this.#memory?.buffer !== buffer) this.#memory = new Uint8Array(buffer);
    return this.#memory;
  }

  #memory;

  /**
   * The addresses of the key, the nonce, the associated data and the text. The text may begin `at`
   * bytes later.
   */
  get places() {
    return { key: this.base, nonce: this.base + 64, aad: this.base + 128, data: this.base + 65536 };
  }

  key(bytes) {
    this.memory.set(bytes, this.places.key);
    const cipher = this.exports.new_cipher(this.places.key);
    this.memory.fill(0, this.places.key, this.places.key + bytes.length);
    return cipher;
  }

  drop(cipher) {
    this.exports.drop_cipher(cipher);
  }

  /** Text and tag. */
  seal(cipher, nonce, aad, text, at = 0) {
    const { data } = this.#put(nonce, aad, text, at);
    this.#call("seal", cipher, aad, data, text.length);
    return this.#take(data, text.length + 16);
  }

  /** The text, or nothing if the tag is wrong; and what is in memory then. */
  open(cipher, nonce, aad, sealed, at = 0) {
    const { data } = this.#put(nonce, aad, sealed, at);
    const wrong = this.#call("open", cipher, aad, data, sealed.length - 16);
    const memory = this.#take(data, sealed.length);
    return { memory, text: wrong ? undefined : memory.subarray(0, sealed.length - 16) };
  }

  #put(nonce, aad, text, at) {
    const places = this.places;
    const data = places.data + at;
    this.memory.set(nonce, places.nonce);
    this.memory.set(aad, places.aad);
    this.memory.set(text, data);
    return { data };
  }

  #call(name, cipher, aad, data, length) {
    const places = this.places;
    return this.exports[name](cipher, places.nonce, places.aad, aad.length, data, length);
  }

  #take(data, length) {
    return Buffer.from(this.memory.subarray(data, data + length));
  }
}
