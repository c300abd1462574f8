// What the reports of the members come to.

const NOTHING = { frames: 0, overhead: 0, dropped: {}, microseconds: { p50: 0, p99: 0 } };

/**
 * The figures of the media that A sent to one member.
 * @param {import("./call.mjs").CallOptions} options
 * @param {object[]} sent what the pages of A reported, one after the other
 * @param {object[]} received what the pages of the receiver reported, one after the other
 * @param {object[]} all reports of all members
 */
export function result(options, sent, received, all) {
  const seal = streams(sent, "seal");
  const open = streams(received, "open");
  const last = received.at(-1);
  const named = (name) => (last.census.codecs[name] ?? []).join("+");
  return {
    codec: options.codec,
    from: options.from,
    to: options.to,
    via: options.via,
    ...(options.scenario && { scenario: options.scenario }),
    ...(options.group && { group: options.group, epochs: epochs(all) }),
    seconds: options.seconds,
    // As the frames themselves say.
    codecs: { video: named("open video"), audio: named("open audio") },
    sealed: { video: seal.video.frames, audio: seal.audio.frames },
    opened: { video: open.video.frames, audio: open.audio.frames },
    // Garbage can be decoded too: pictures count only if they show what was sent.
    decoded: { video: last.pictureSeen ? total(received, "framesDecoded") : 0 },
    audioHeard: last.audioHeard,
    dropped: sum([seal.video, seal.audio, open.video, open.audio].map(({ dropped }) => dropped)),
    plaintextFrames: received.reduce((count, { census }) => count + census.plaintext, 0),
    foreignFrames: foreign(all, received),
    leaksStopped: alarms(all),
    overheadBytes: { audio: mean(seal.audio), video: mean(seal.video) },
    microseconds: { seal: times(seal), open: times(open) },
  };
}

/**
 * What went wrong in a member's pages.
 * @param {string} name of the member @param {string[]} lines of the consoles @param {object[]} reports
 */
export function problems(name, lines, reports) {
  const errors = reports.flatMap(({ errors, events }) => [
    ...errors,
    ...events.filter(({ type }) => type === "error").map(({ code }) => `error event: ${code}`),
  ]);
  return [...lines, ...errors].map((line) => `${name}: ${line}`);
}

/** See `longestIn`, in milliseconds. */
export function gapOf(times, since) {
  return longestIn(times, since).gap;
}

/**
 * The longest time between two pictures or two tones that was not over at `since`. A member that
 * was not there before waits from then on.
 * @param {{ video: number[], audio: number[] }} times @param {number} since milliseconds of the epoch
 * @returns {{ from: number, until: number, gap: number }}
 */
export function longestIn({ video, audio }, since) {
  const each = [video, audio].map((moments) =>
    longest(moments[0] > since ? [since, ...moments] : moments, since),
  );
  return each.reduce((most, one) => (one.gap > most.gap ? one : most));
}

/**
 * The longest time between two moments that was not over at `since`. It is infinite if there is
 * none.
 */
export function longest(moments, since) {
  const gaps = moments
    .slice(1)
    .map((until, i) => ({ from: moments[i], until, gap: Math.round(until - moments[i]) }));
  const late = gaps.filter(({ until }) => until > since);
  return late.reduce(
    (most, one) => (one.gap > most.gap ? one : most),
    late[0] ?? { from: since, until: Infinity, gap: Infinity },
  );
}

/** How many epochs the members of a group were in. */
function epochs(reports) {
  const events = reports.flatMap(({ events }) => events).filter(({ type }) => type === "epoch");
  return new Set(events.map(({ code }) => code)).size;
}

/** How often a watchdog found a sender to leak. */
function alarms(reports) {
  return reports.flatMap(({ events }) => events).filter(({ type }) => type === "leak-stopped")
    .length;
}

/** Streams of a direction by kind: their counts are added up, the times are those of the last. */
function streams(reports, direction) {
  const found = (kind) =>
    reports.flatMap(({ stats }) =>
      stats.streams.filter((one) => one.direction === direction && one.kind === kind),
    );
  const add = (all) => ({
    frames: total(all, "frames"),
    overhead: total(all, "overhead"),
    dropped: sum(all.map(({ dropped }) => dropped)),
    microseconds: all.at(-1).microseconds,
  });
  const of = (kind) => (found(kind).length > 0 ? add(found(kind)) : NOTHING);
  return { video: of("video"), audio: of("audio") };
}

/** Frames that a decoder got and no other member's encoder made. */
function foreign(all, received) {
  const made = new Set(all.flatMap(({ census }) => census.clear.seal));
  return received.flatMap(({ census }) => census.clear.open).filter((frame) => !made.has(frame))
    .length;
}

function total(all, field) {
  return all.reduce((count, one) => count + one[field], 0);
}

function mean({ overhead, frames }) {
  return frames ? Math.round((overhead / frames) * 10) / 10 : 0;
}

/** The times of video, because its frames are large. */
function times({ video, audio }) {
  return (video.frames ? video : audio).microseconds;
}

function sum(counts) {
  const total = {};
  for (const [code, count] of counts.flatMap(Object.entries))
    total[code] = (total[code] ?? 0) + count;
  return total;
}
