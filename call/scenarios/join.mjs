// One more member joins.
import { entrance } from "./entrance.mjs";
import { BACK } from "./goals.mjs";

/** @param {import("../room.mjs").Room} room */
export async function run(room) {
  const { a } = await room.enter(...room.names.slice(0, -1));
  await room.steady();
  const last = room.names.at(-1);
  const { [last]: joiner } = await room.enter(last);
  await room.talk();
  return { receiver: joiner, ...(await entrance(room, a, joiner, BACK * room.patience)) };
}
