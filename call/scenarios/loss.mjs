// A bad network: datagrams of both directions are lost, on request others come twice or late, for
// as long as the call lasts. Then the network is mended, and media must recover.
import { sleep } from "../../harness/sleep.js";
import { until } from "../until.mjs";

/** Milliseconds of calm before the first loss. */
const STEADY = 1_000;
/** Milliseconds that a call is watched at least, and may take at most, to recover. */
const HEALING = { least: 3_000, most: 60_000 };
/** The first picture that others follow comes this soon after the last loss, in milliseconds. */
const GOAL = 2_000;
/** Pictures within a second that show it: the camera makes 25, but a busy machine shows few. */
const ENOUGH = 5;
/** Datagrams of each kind that are hurt at least. */
const HURT = 5;
/** Milliseconds that a slow machine may take to send them. */
const HURT_LIMIT = 30_000;

/** @param {import("../room.mjs").Room} room */
export async function run(room) {
  const { loss, disorder } = room.options;
  const members = Object.values(await room.enter(...room.names));
  await sleep(STEADY);
  const since = Date.now();
  const datagrams = await spoil(room);
  const healed = await heal(members);
  await room.plenty();
  const censuses = await Promise.all(members.map((member) => member.ask("census")));
  const lateFrames = censuses.reduce((sum, { late }) => sum + late, 0);
  return {
    receiver: members[1],
    gapMs: await room.gapAmong(room.names, since),
    loss: { percent: loss, disorder: Boolean(disorder), ...datagrams, lateFrames, ...healed },
    unmet: missed(healed),
  };
}

/** Impairs the network for the time of the call. @returns how many datagrams were hurt */
async function spoil({ network, say, options: { loss, disorder, seconds } }) {
  const more = disorder ? ", others come twice or late" : "";
  say(`${loss} % of the datagrams are lost for ${seconds} s${more}`);
  network.impair(loss, disorder);
  await sleep(seconds * 1000);
  const least = () => Math.min(...Object.values(network.counts(disorder)));
  await until(() => least() >= HURT, HURT_LIMIT);
  return network.mend();
}

/** Waits for pictures at each member, and looks whether every stream goes on. */
async function heal(members) {
  const mended = Date.now();
  const before = await framesOf(members);
  let recoveredMs;
  do {
    await sleep(500);
    recoveredMs = await recovered(members, mended);
  } while (Date.now() - mended < (recoveredMs === undefined ? HEALING.most : HEALING.least));
  const after = await framesOf(members);
  const stalled = Object.keys(before).filter((stream) => !(after[stream] > before[stream]));
  return { recoveredMs, stalled };
}

/** The time of the pair that takes longest, or undefined while a pair has too few pictures. */
async function recovered(members, since) {
  const pairs = members.flatMap((member) =>
    members.filter((other) => other !== member).map(({ name }) => ({ member, name })),
  );
  const each = await Promise.all(
    pairs.map(({ member, name }) => member.ask("recovered", name, since, ENOUGH)),
  );
  return each.every(Number.isFinite) ? Math.max(...each) : undefined;
}

/** How many frames each stream has let pass. */
async function framesOf(members) {
  const counted = {};
  for (const member of members) {
    for (const { direction, kind, frames } of await member.ask("streams")) {
      const name = `${member.name} ${direction} ${kind}`;
      counted[name] = (counted[name] ?? 0) + frames;
    }
  }
  return counted;
}

function missed({ recoveredMs, stalled }) {
  const back =
    recoveredMs === undefined
      ? "pictures were not back"
      : `pictures were back after ${recoveredMs} ms`;
  return [
    stalled.length > 0 && `nothing came any more: ${stalled.join(", ")}`,
    !(recoveredMs <= GOAL) && back,
  ];
}
