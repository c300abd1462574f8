// The last member is taken off all other rosters. Its connections stay, as a server's would.
import { until } from "../until.mjs";
import { HITCH, REMOVED } from "./goals.mjs";
import { Removal } from "./removal.mjs";

/** Frames of a server that show that it still sends to the removed member. */
const ENOUGH = 20;

export const members = 3;

/** @param {import("../room.mjs").Room} room */
export async function run(room) {
  const all = await room.enter(...room.names);
  await room.steady();
  const gone = room.names.at(-1);
  const staying = room.names.slice(0, -1);
  const removal = await Removal.begin(room, gone, staying);
  await removal.quiet(room.patience);
  const before = await removal.given();
  await room.talk();
  await until(async () => (await removal.given()) - before >= ENOUGH);
  const [opened, heard] = [await removal.lastOpened(), await removal.lastHeard()];
  const arrived = (await removal.given()) - before;
  const gapMs = await room.gapAmong(staying, removal.at);
  const limit = REMOVED * room.patience;
  return {
    ...{ receiver: all.b, gapMs, removedMs: Math.round(opened) },
    removedOpened: await removal.openedAfter(limit),
    unmet: [
      opened > limit && `it opened pictures ${Math.round(opened)} ms after`,
      heard > limit && `its own pictures were opened ${Math.round(heard)} ms after`,
      arrived < ENOUGH && `only ${arrived} pictures reached it: nothing was shown`,
      gapMs > HITCH * room.patience && "those who stay waited",
    ],
  };
}
