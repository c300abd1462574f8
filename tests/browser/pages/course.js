// What most scenarios do: wire a pair of connections, wait, and count the frames that arrive.
import { arrived, ask, connect, drops, finish, keyed, listen, sleep, tap, until } from "./pair.js";

/** The number of frames that shows that media flow. */
export const ENOUGH = 21;

/** Wires, waits and counts. With `flows` it waits for frames, with `drops` for dropped frames. */
export async function simple({ flows, drops: dropping, ...options }, milliseconds = 900) {
  const call = options.call ?? (await keyed());
  tap.tell("reset");
  const pair = await connect({ ...options, call });
  await sleep(milliseconds);
  if (flows) await arrived(ENOUGH);
  if (dropping) await until(async () => dropsBoth(await call.stats()));
  const result = { errors: pair.errors, tracks: pair.senders.map(({ track }) => track !== null) };
  result.dropped = drops(await call.stats().catch(() => ({ streams: [] })));
  result.decoded = await pair.decoded();
  result.census = await ask("census");
  await finish(pair, call);
  return result;
}

/**
 * Does something in mid-call and counts the frames after it. With `flows` it waits for enough
 * frames.
 */
export async function midway(act, { flows, ...options } = {}, milliseconds = 700) {
  const call = options.call ?? (await keyed());
  const pair = await connect({ wire: "same-task", ...options, call });
  const before = await listen(600, { enough: ENOUGH });
  const result = { before, errors: pair.errors, ...(await act(pair, call)) };
  await sleep(400); // frames are still on their way
  result.census = await listen(milliseconds, { enough: flows ? ENOUGH : 0 });
  result.decoded = await pair.decoded();
  await finish(pair, ...(options.leave ? [] : [call]));
  return result;
}

export function dropsBoth(stats) {
  const { audio, video } = drops(stats);
  return [audio, video].every((counts) => counts && Object.keys(counts).length > 0);
}

/** The value of a figure once it does not change for a second. */
export async function settled(figure) {
  let [last, now] = [undefined, await figure()];
  await until(async () => {
    await sleep(1000);
    [last, now] = [now, await figure()];
    return now === last;
  });
  return now;
}

/** The state events of a call. */
export function heard(call) {
  const events = [];
  const take = ({ kind, sender, track, direction, state, code, timeStamp }) =>
    events.push({ kind, sender, track, direction, state, code, timeStamp });
  call.addEventListener("state", take);
  return events;
}
