// One more member joins late. A server replays sealed frames to it from before it joined, and some
// from after, which it has not received yet.
import { HITCH, IN } from "./goals.mjs";
import { REPLAYED, sealedAt } from "./sealed.mjs";

/** Frames from after that it withholds first. */
const WITHHELD = 5;

export const members = 3;

/** @param {import("../room.mjs").Room} room */
export async function run(room) {
  const staying = room.names.slice(0, -1);
  const { b } = await room.enter(...staying);
  await room.steady();
  const before = await sealedAt(b);
  const began = Date.now();
  const name = room.names.at(-1);
  const { [name]: joiner } = await room.enter(name);
  const { relay } = await joiner.ask("signaled");
  const [first] = (await joiner.ask("times", "a")).video;
  await room.talk();
  const gapMs = await room.gapAmong(staying, began);
  const earlier = await joiner.ask("replay", "a", before);
  const control = await joiner.ask("replay", "a", await joiner.ask("withhold", "a", WITHHELD));
  const signalMs = Math.round(first - relay);
  // An application key opens earlier frames too: nothing in it depends on who is in the call.
  const opens = earlier.opened > 0 && !room.options.key;
  return {
    ...{ receiver: joiner, gapMs, signalMs, earlier, joinerOpenedEarlier: earlier.opened },
    unmet: [
      before.length < REPLAYED && `only ${before.length} pictures from before`,
      opens && `${earlier.opened} pictures from before were opened`,
      control.opened !== WITHHELD &&
        `of ${WITHHELD} pictures from after, ${control.opened} were opened`,
      !(signalMs <= IN * room.patience) && `the joiner waited ${signalMs} ms for its first picture`,
      gapMs > HITCH * room.patience && "those in the call waited",
    ],
  };
}
