// Nothing happens: all are there from the start.

/** @param {import("../room.mjs").Room} room */
export async function run(room) {
  const { b } = await room.enter(...room.names);
  await room.talk();
  await room.settled();
  return { receiver: b };
}
