/** One member of a large call in the shipped worker. The others are in Node (bench/join.mjs). */
import { Sealframe } from "/dist/index.js";
import { fromBase64, toBase64 } from "/harness/page/base64.js";
import { policy } from "./client.js";

let count = 0;

/** @param {{ room: string, hybrid: boolean }} query @returns its bundle, as text */
export async function enter({ room, hybrid }) {
  const name = `join ${count++}`;
  const options = { name, postQuantum: hybrid, trustedTypesPolicy: policy };
  const sealframe = await Sealframe.start(options);
  const call = await sealframe.join(room);
  call.addEventListener("message", ({ to, bytes }) => globalThis.toMembers(to, toBase64(bytes)));
  globalThis.joining = { sealframe, call };
  return toBase64(sealframe.bundle.bytes);
}

/** States the roster. @param {string[]} bundles as text */
export const state = (bundles) => globalThis.joining.call.setMembers(bundles.map(fromBase64));

/** @param {{ from: string, bytes: string }[]} messages */
export function deliver(messages) {
  for (const { from, bytes } of messages) globalThis.joining.call.receive(fromBase64(bytes), from);
}

/** The number of members whose key it has. */
export async function keyed() {
  const { members } = await globalThis.joining.call.stats();
  return members.filter(({ keyed }) => keyed).length;
}

export const finish = () => globalThis.joining.sealframe.logOut();
