// How soon a joiner and a member open frames of each other, beside the bounds of docs/protocol.md
// §4.

/** Milliseconds in which joins are taken together. */
const TOGETHER = 1_000;
/** Round trips of signaling from the joiner's roster to the first frame that opens on each side. */
const TRIPS = { join: { joiner: 2, member: 2 }, rejoin: { joiner: 2, member: 1.5 } };
/** More round trips after a reload, if an answer to the page of before is on its way. */
const OLD_ANSWER = 1;

/**
 * @param {import("../room.mjs").Room} room
 * @param {object} member the page that was there @param {object} joiner the page that came
 * @param {number} work milliseconds that browsers may take for media and keys: the bound counts
 *   round trips only
 * @returns the round trip; when the first frame came to each side and when one was opened, in
 *   milliseconds from the joiner's `setMembers()`; and which goals were missed
 */
export async function entrance({ rtt, options: { scenario } }, member, joiner, work) {
  const { stated } = await joiner.ask("signaled");
  const isJoin = scenario === "join";
  const timesOf = ({ came, left }, trips) => ({
    mediaMs: Math.round(came - stated),
    openedMs: Math.round(left - stated),
    boundMs: trips * rtt + (isJoin ? TOGETHER : 0),
  });
  const trips = TRIPS[scenario];
  const sides = {
    joiner: timesOf(await joiner.ask("first", member.name, stated), trips.joiner),
    member: timesOf(await member.ask("first", joiner.name, stated), trips.member),
  };
  const spare = work + (isJoin ? 0 : OLD_ANSWER * rtt);
  const late = Object.entries(sides).filter(
    ([, { openedMs, boundMs }]) => !(openedMs <= boundMs + spare),
  );
  const unmet = late.map(
    ([side, { openedMs }]) => `the ${side} opened its first frame after ${openedMs} ms`,
  );
  return { rttMs: rtt, entrance: sides, unmet };
}
