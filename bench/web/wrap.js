/** A new key for so many devices, by the shipped worker: from the roster to the last envelope. */
import init, { ml_kem_public } from "/dist/core.js";
import { Sealframe } from "/dist/index.js";
import { policy } from "./client.js";

const ENVELOPE = 1;
let count = 0;

/** The device that wraps, and the public keys of those it wraps to. @param {{ devices: number, hybrid: boolean }} query */
export async function prepare({ devices, hybrid }) {
  await init({ module_or_path: fetch("/dist/core.wasm") });
  const bundles = await Promise.all(Array.from({ length: devices }, () => bundle(hybrid)));
  const sealframe = await Sealframe.start({ name: `wrap ${count++}`, postQuantum: hybrid, trustedTypesPolicy: policy });
  globalThis.wrapping = { sealframe, bundles };
}

/** Milliseconds until each has its envelope, in a call of its own. */
export async function wrap() {
  const { sealframe, bundles } = globalThis.wrapping;
  const call = await sealframe.join(`wrap ${count++}`);
  const served = new Set();
  const all = new Promise((done) => {
    call.addEventListener("message", ({ to, bytes }) => {
      if (bytes[1] === ENVELOPE && served.add(to).size === bundles.length) done(performance.now());
    });
  });
  const start = performance.now();
  await call.setMembers(bundles);
  const milliseconds = (await all) - start;
  await call.close();
  return milliseconds;
}

export const finish = () => globalThis.wrapping.sealframe.logOut();

async function bundle(hybrid) {
  const agreement = await crypto.subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, false, ["deriveBits"]);
  const signing = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign", "verify"]);
  const points = await Promise.all([agreement, signing].map(({ publicKey }) => crypto.subtle.exportKey("raw", publicKey)));
  const lattice = hybrid ? ml_kem_public(crypto.getRandomValues(new Uint8Array(64))) : [];
  return Uint8Array.from([hybrid ? 2 : 1, ...points.flatMap((point) => [...new Uint8Array(point)]), ...lattice]);
}
