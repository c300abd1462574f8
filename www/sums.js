/** Counters of streams, added up. */

/** Browsers deliver some frames twice; that is no attack and no loss. */
const HARMLESS = new Set(["duplicate", "too-old"]);

/** One stream for each that has counters now or had some before. */
export function addUp(now, past) {
  return [...Map.groupBy([...now, ...past], nameOf).values()].map((same) => same.reduce(add));
}

/** Frames of these streams that were refused for a reason that matters. */
export function refused(streams) {
  return streams.reduce((sum, { dropped }) => sum + harm(dropped), 0);
}

/** Frames of these streams that were dropped for this reason. @param {string} code */
export function dropped(streams, code) {
  return streams.reduce((sum, stream) => sum + (stream.dropped[code] ?? 0), 0);
}

/** @param {"frames" | "bytes" | "overhead"} field */
export function total(streams, field) {
  return streams.reduce((sum, stream) => sum + stream[field], 0);
}

function nameOf({ direction, kind, sender, track }) {
  return `${direction} ${kind} ${sender} ${track}`;
}

/** The state is that of the first: the list of now comes first. */
function add(one, other) {
  const dropped = { ...one.dropped };
  for (const [code, n] of Object.entries(other.dropped)) dropped[code] = (dropped[code] ?? 0) + n;
  const fields = ["frames", "bytes", "overhead"].map((name) => [name, one[name] + other[name]]);
  return { ...one, ...Object.fromEntries(fields), dropped };
}

function harm(dropped) {
  return Object.entries(dropped).reduce((sum, [code, n]) => sum + (HARMLESS.has(code) ? 0 : n), 0);
}
