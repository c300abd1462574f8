/** A new key for so many devices, by the shipped worker: from `rotate()` to the last envelope. */
import { Sealframe } from "/dist/index.js";
import { policy } from "./client.js";

const [ENVELOPE, ANNOUNCEMENT] = [1, 3];
const ECDSA = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const ECDH = { name: "ECDH", namedCurve: "P-256" };
const [P256, HYBRID] = [1, 2];
let count = 0;

/** The device that wraps, and those it wraps to. @param {{ devices: number, hybrid: boolean }} query */
export async function prepare({ devices, hybrid }) {
  const others = await Promise.all(Array.from({ length: devices }, () => makeDevice(hybrid)));
  const sealframe = await Sealframe.start({ name: `wrap ${count++}`, postQuantum: hybrid, trustedTypesPolicy: policy });
  globalThis.wrapping = { sealframe, others: new Map(others.map((other) => [other.id, other])) };
}

/** A call of its own, in which each has the first key. */
export async function meet() {
  const { sealframe, others } = globalThis.wrapping;
  const call = await sealframe.join(`wrap ${count++}`);
  Object.assign(globalThis.wrapping, { call, first: await serve(call, others) });
}

/** Milliseconds until each has its envelope with another key. */
export async function wrap() {
  const { call, first, others } = globalThis.wrapping;
  const second = Promise.withResolvers();
  const served = new Set();
  call.addEventListener("message", ({ to, bytes }) => {
    const another = bytes[1] === ENVELOPE && kidOf(bytes) !== first;
    if (another && served.add(to).size === others.size) second.resolve(performance.now());
  });
  const start = performance.now();
  await call.rotate();
  const milliseconds = (await second.promise) - start;
  await call.close();
  return milliseconds;
}

export const finish = () => globalThis.wrapping.sealframe.logOut();

/** Meets all, until each has the first key: the KID of that. Of an announcement, docs/protocol.md §3. */
async function serve(call, others) {
  const { promise, resolve } = Promise.withResolvers();
  const served = new Set();
  call.addEventListener("message", async ({ to, bytes }) => {
    if (bytes[1] === ENVELOPE && served.add(to).size === others.size) resolve(kidOf(bytes));
    if (bytes[1] === ANNOUNCEMENT) await call.receive(await announce(others.get(to), bytes));
  });
  await call.setMembers([...others.values()].map(({ bundle }) => bundle));
  return promise;
}

const kidOf = (/** @type {Uint8Array} */ bytes) => bytes.subarray(91, 99).join();

/** A device's announcement in answer to one to it. */
async function announce(device, heard) {
  const call = heard.subarray(3, 19);
  const incarnation = await short(text("sealframe/2 incarnation"), call, device.raw, [device.suite], device.entry, device.keys);
  const counter = new Uint8Array(8).fill(++device.counter, 7);
  const header = [[2, ANNOUNCEMENT, device.suite], call, device.raw, heard.subarray(19, 35), incarnation, heard.subarray(51, 67), counter];
  const unsigned = join(...header, random(16), heard.subarray(91, 107), random(48), device.entry, device.keys);
  const signature = await crypto.subtle.sign(ECDSA, device.signing, join(text("sealframe/2 key message"), unsigned));
  return join(unsigned, new Uint8Array(signature));
}

async function makeDevice(hybrid) {
  const [signing, agreement] = await Promise.all([
    crypto.subtle.generateKey(ECDSA, false, ["sign", "verify"]),
    crypto.subtle.generateKey(ECDH, false, ["deriveBits"]),
  ]);
  const [verify, point] = await Promise.all([signing, agreement].map(async ({ publicKey }) => new Uint8Array(await crypto.subtle.exportKey("raw", publicKey))));
  const suite = hybrid ? HYBRID : P256;
  const bundle = join([4, suite], verify);
  const raw = await short(bundle);
  const id = [...raw].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const keys = join(point, hybrid ? lattice() : []);
  return { id, raw, suite, bundle, keys, signing: signing.privateKey, entry: random(16), counter: 0 };
}

/** An ML-KEM-768 encapsulation key that nobody can decapsulate for: 768 numbers below 3329, in 12 bits each, and 32 bytes. */
function lattice() {
  const pairs = Array.from({ length: 384 }, () => [0, 0].map(() => Math.floor(Math.random() * 3329)));
  return join(pairs.flatMap(([a, b]) => [a & 255, (a >> 8) | ((b & 15) << 4), b >> 4]), random(32));
}

const random = (/** @type {number} */ length) => crypto.getRandomValues(new Uint8Array(length));
const text = (/** @type {string} */ of) => new TextEncoder().encode(of);
const join = (/** @type {ArrayLike<number>[]} */ ...parts) => Uint8Array.from(parts.flatMap((part) => [...Array.from(part)]));
const short = async (/** @type {ArrayLike<number>[]} */ ...parts) => new Uint8Array(await crypto.subtle.digest("SHA-256", join(...parts))).subarray(0, 16);
