/** Times a new key for many devices in the shipped worker, from `rotate()` to the last envelope. */
import { Sealframe } from "/dist/index.js";
import { policy } from "./client.js";
import { announce, makeDevice } from "./devices.js";

const [ENVELOPE, ANNOUNCEMENT] = [1, 3];
let count = 0;

/**
 * Makes the device that wraps keys, and the devices that it wraps them to.
 * @param {{ devices: number, hybrid: boolean }} query
 */
export async function prepare({ devices, hybrid }) {
  const others = await Promise.all(Array.from({ length: devices }, () => makeDevice(hybrid)));
  const sealframe = await Sealframe.start({
    name: `wrap ${count++}`,
    postQuantum: hybrid,
    trustedTypesPolicy: policy,
  });
  globalThis.wrapping = { sealframe, others: new Map(others.map((other) => [other.id, other])) };
}

/** Begins a new call and waits until each device has the first key. */
export async function meet() {
  const { sealframe, others } = globalThis.wrapping;
  const call = await sealframe.join(`wrap ${count++}`);
  Object.assign(globalThis.wrapping, { call, first: await serve(call, others) });
}

/** Milliseconds until each device has its envelope with a new key. */
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

/** Introduces all devices and waits until each has the first key. @returns the KID of that key */
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
