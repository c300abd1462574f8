// B leaves the call, the others change their keys, and B comes back.
import { sleep } from "../../harness/sleep.js";
import { AWAY } from "./goals.mjs";

/** @param {import("../room.mjs").Room} room */
export async function run(room) {
  await room.enter(...room.names);
  await room.talk();
  room.say(`b leaves for ${AWAY / 1000} s`);
  await room.leave("b");
  await sleep(AWAY);
  const since = Date.now();
  const { b } = await room.enter("b");
  await room.talk();
  return { receiver: b, gapMs: await room.gap("b", "a", since) };
}
