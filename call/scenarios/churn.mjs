// Members come and go: the last one joins, the one before it is removed, the one before that
// reloads its page, and B makes a new key. A server replays to the joiner what was sealed before.
import { HITCH, REMOVED } from "./goals.mjs";
import { Removal } from "./removal.mjs";
import { REPLAYED, sealedAt } from "./sealed.mjs";

export const members = 5;

/** @param {import("../room.mjs").Room} room */
export async function run(room) {
  const [reloading, gone, name] = room.names.slice(-3);
  const staying = room.names.slice(0, -3);
  const { b } = await room.enter(...room.names.slice(0, -1));
  await room.steady();
  const [before, began] = [await sealedAt(b), Date.now()];
  const { [name]: joiner } = await room.enter(name);
  const earlier = await joiner.ask("replay", "a", before);
  const others = room.names.filter((other) => other !== gone);
  const removal = await Removal.begin(room, gone, others);
  await removal.quiet(room.patience);
  const limit = REMOVED * room.patience;
  const removedMs = Math.round(await removal.lastOpened());
  const removedOpened = await removal.openedAfter(limit);
  await room.leave(gone);
  // Frames that it seals after its report would count as foreign.
  await room.members[reloading].ask("hangUp");
  await room.reload(reloading);
  await room.settled();
  await b.ask("rotate");
  await room.talk();
  const gapMs = await room.gapAmong(staying, began);
  const figures = { gapMs, removedMs, removedOpened, joinerOpenedEarlier: earlier.opened };
  return {
    ...{ receiver: joiner, ...figures },
    unmet: [
      before.length < REPLAYED && `only ${before.length} pictures from before`,
      earlier.opened > 0 && `the joiner opened ${earlier.opened} pictures from before`,
      removedOpened > 0 && `the removed member opened ${removedOpened} frames`,
      gapMs > HITCH * room.patience && "those who stay waited",
    ],
  };
}
