// Keys of senders in a call whose application gives the keys (docs/protocol.md §5).
import { hex, hkdf, written } from "./bytes.mjs";

export async function application({ keys }) {
  return { keys: await Promise.all(keys.map(made)) };
}

async function made({ applicationKey, senders }) {
  const baseKeys = await Promise.all(
    Object.keys(senders).map(async (sender) => [sender, await senderKey(applicationKey, sender)]),
  );
  return { applicationKey, senders: written(Object.fromEntries(baseKeys)) };
}

/** The base key that a sender seals with. @param {string} applicationKey in hexadecimal digits */
export const senderKey = (applicationKey, sender) =>
  hkdf(hex(applicationKey), 32, "sealframe/1 application sender", sender);
