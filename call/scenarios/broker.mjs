// Key messages go over STOMP. The broker stops, one more member joins, and the broker is back. Then
// A makes a new key.
import { sleep } from "../../harness/sleep.js";
import { HITCH, IN } from "./goals.mjs";

/** Milliseconds that the joiner waits without a broker. */
const WAIT = 2_000;

export const members = 3;

/** @param {import("../room.mjs").Room} room */
export async function run(room) {
  const staying = room.names.slice(0, -1);
  const { a } = await room.enter(...staying);
  await room.steady();
  const outage = await joinWithoutBroker(room);
  const { joiner, down, up, early } = outage;
  await room.settled();
  await a.ask("rotate");
  await room.talk();
  // From then on A and the joiner can reach each other.
  const signaled = await Promise.all([a, joiner].map((side) => side.ask("signaled")));
  const back = Math.max(...signaled.map(({ stomp }) => stomp));
  const [first] = (await joiner.ask("times", "a")).video;
  const gaps = [room.gapAmong(staying, down), room.gap(joiner.name, "a", first)];
  const gapMs = Math.max(...(await Promise.all(gaps)));
  const signalMs = Math.round(first - back);
  return {
    ...{ receiver: joiner, gapMs, signalMs, outageMs: up - down },
    unmet: [
      early > 0 && "the joiner saw pictures without a broker",
      back < down && "nobody lost the broker",
      !(signalMs <= IN * room.patience) && `the joiner waited ${signalMs} ms for its first picture`,
      gapMs > HITCH * room.patience && "those in the call waited",
    ],
  };
}

/**
 * @returns the joiner, when the broker stopped and was back, and how many pictures came meanwhile
 */
async function joinWithoutBroker(room) {
  const name = room.names.at(-1);
  const down = Date.now();
  await room.broker.stop();
  const { [name]: joiner } = await room.begin(name);
  await sleep(WAIT);
  const early = (await joiner.ask("times", "a")).video.length;
  await room.broker.start();
  const up = Date.now();
  room.say(`the broker was away for ${up - down} ms`);
  return { joiner, down, up, early };
}
