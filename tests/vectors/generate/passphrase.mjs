// Keys of passphrase calls (docs/protocol.md §5).
import { argon2id } from "@noble/hashes/argon2.js";
import { hkdf, sha, written } from "./bytes.mjs";

export async function passphrase({ memory, passes, lanes, calls }) {
  const cost = { m: memory, t: passes, p: lanes, dkLen: 32 };
  const made = [];
  for (const { passphrase, call, senders } of calls) {
    const salt = await sha(256, "sealframe/1 passphrase", call);
    const callKey = argon2id(passphrase, salt, cost);
    const baseKeys = await Promise.all(
      Object.keys(senders).map(async (sender) => [sender, await baseKey(callKey, sender)]),
    );
    made.push(
      written({ passphrase, call, salt, callKey, senders: written(Object.fromEntries(baseKeys)) }),
    );
  }
  return { memory, passes, lanes, calls: made };
}

const baseKey = (callKey, sender) => hkdf(callKey, 32, "sealframe/1 passphrase sender", sender);
