// A page is loaded again: the device is the same, its keys and connections are gone.
import { longestIn } from "../result.mjs";

/**
 * Reloads the page of one of A and B, and stays in the call.
 * @param {import("../room.mjs").Room} room @param {"a" | "b"} name
 * @returns milliseconds without media of A at B, and from signaling to the first media after it
 */
export async function reloading(room, name) {
  const { a, b } = await room.enter(...room.names);
  await room.steady();
  const reloaded = { a, b }[name];
  const began = Date.now();
  // Frames that A seals after its report would count as foreign.
  if (name === "a") await a.ask("hangUp");
  await room.reload(name);
  await room.settled();
  const { relay } = await reloaded.ask("signaled");
  const { gap, from, until } = longestIn(await b.ask("times", "a"), began);
  await room.talk();
  const broke = from > relay && "the reload interrupted no media";
  return { a, b, gapMs: gap, signalMs: Math.round(until - relay), broke };
}
