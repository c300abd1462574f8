// Sealed frames that a server kept, to replay them later.
import { until } from "../until.mjs";

/** Frames from before that a server replays. */
export const REPLAYED = 40;

/** Sealed frames of A's video, as a server has them. */
export async function sealedAt(member) {
  const kept = [];
  await until(async () => kept.push(...(await member.ask("sealed", "a"))) >= REPLAYED);
  return kept.slice(-REPLAYED);
}
