// B's tab is reloaded.
import { entrance } from "./entrance.mjs";
import { BACK } from "./goals.mjs";
import { reloading } from "./reloading.mjs";

/**
 * Round trips of a page that comes: a hello and its answer, two for the keys, and an old answer.
 */
const ROUND_TRIPS = 4;

/** @param {import("../room.mjs").Room} room */
export async function run(room) {
  const { a, b, gapMs, signalMs, broke } = await reloading(room, "b");
  const { unmet, ...figures } = await entrance(room, a, b, BACK * room.patience);
  const late = signalMs > BACK * room.patience + ROUND_TRIPS * room.rtt;
  return {
    ...{ receiver: b, gapMs, signalMs, ...figures },
    unmet: [...unmet, broke, late && `media came ${signalMs} ms after signaling`],
  };
}
