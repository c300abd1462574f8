// The page of A, whose media the figures are about, is loaded again.
import { reloading } from "./reloading.mjs";

/** @param {import("../room.mjs").Room} room */
export async function run(room) {
  const { b, gapMs, signalMs, broke } = await reloading(room, "a");
  return { receiver: b, gapMs, signalMs, unmet: [broke] };
}
