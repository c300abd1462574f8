/** @snazzah/davey as Node loads it: native code, AES-128-GCM. Never imported in a browser. */
import { makeSessions } from "./dave.js";
import { cipherOf, pipeOf } from "./davey-wasm.js";

export async function startPipe(house) {
  return pipeOf(await startDavey(house));
}

export async function startCipher(house) {
  return cipherOf(await startDavey(house));
}

async function startDavey({ installed }) {
  const { createRequire } = await import("node:module");
  const { DAVESession } = createRequire(installed)("@snazzah/davey");
  return makeSessions(DAVESession, (bytes) => Buffer.from(bytes));
}
