/** @snazzah/davey as Node loads it: native code, AES-128-GCM. Never imported in a browser. */
import { makeSessions } from "./dave.js";
import { cipherOf, pipeOf } from "./davey-wasm.js";

export async function startPipe(context) {
  return pipeOf(await startDavey(context));
}

export async function startCipher(context) {
  return cipherOf(await startDavey(context));
}

async function startDavey({ installed }) {
  const { createRequire } = await import("node:module");
  const { DAVESession } = createRequire(installed)("@snazzah/davey");
  return makeSessions(DAVESession, (bytes) => Buffer.from(bytes));
}
