// What the reports of both sides come to, and how it is told.

/**
 * @param {import("./call.mjs").CallOptions} options
 * @param {object[]} sent what the pages of the sending side reported, one after the other
 * @param {object[]} received likewise of the receiving side
 */
export function result(options, sent, received) {
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
    seconds: options.seconds,
    // As the frames themselves say.
    codecs: { video: named("open video"), audio: named("open audio") },
    sealed: { video: seal.video.frames, audio: seal.audio.frames },
    opened: { video: open.video.frames, audio: open.audio.frames },
    // Garbage can be decoded as well: it counts only if the picture is the one that was sent.
    decoded: { video: last.pictureSeen ? total(received, "framesDecoded") : 0 },
    audioHeard: last.audioHeard,
    dropped: sum([seal.video, seal.audio, open.video, open.audio].map(({ dropped }) => dropped)),
    plaintextFrames: received.reduce((count, { census }) => count + census.plaintext, 0),
    foreignFrames: foreign(sent, received),
    leaksStopped: alarms([...sent, ...received]),
    overheadBytes: { audio: mean(seal.audio), video: mean(seal.video) },
    microseconds: { seal: times(seal), open: times(open) },
  };
}

/** How often a watchdog found a sender to leak. */
function alarms(reports) {
  return reports.flatMap(({ events }) => events).filter(({ type }) => type === "leak-stopped").length;
}

/** @param {"from" | "to"} side @param {string[]} lines of its pages' consoles @param {object[]} reports */
export function problems(side, lines, reports) {
  const errors = reports.flatMap(({ errors, events }) => [
    ...errors,
    ...events.filter(({ type }) => type === "error").map(({ code }) => `error event: ${code}`),
  ]);
  return [...lines, ...errors].map((line) => `${side}: ${line}`);
}

/**
 * How long no picture or no tone came: the longest time in milliseconds, of either, between one and
 * the next that was not over at `since`. Who was not there before waits from then on.
 * @param {object[]} received reports of one side, in order @param {number} since milliseconds of the epoch
 */
export function gap(received, since) {
  const kinds = ["video", "audio"].map((kind) => received.flatMap(({ times }) => times[kind]));
  return Math.max(...kinds.map((moments) => longest(moments[0] > since ? [since, ...moments] : moments, since).gap));
}

/** The longest time between one moment and the next that was not over at `since`; for ever, where there is none. */
export function longest(moments, since) {
  const gaps = moments.slice(1).map((until, i) => ({ from: moments[i], until, gap: Math.round(until - moments[i]) }));
  const late = gaps.filter(({ until }) => until > since);
  return late.reduce((most, one) => (one.gap > most.gap ? one : most), late[0] ?? { from: since, until: Infinity, gap: Infinity });
}

const NOTHING = { frames: 0, overhead: 0, dropped: {}, microseconds: { p50: 0, p99: 0 } };

/** Per kind: counts added up, times of the last. */
function streams(reports, direction) {
  const found = (kind) => reports.flatMap(({ stats }) => stats.streams.filter((one) => one.direction === direction && one.kind === kind));
  const add = (all) => ({
    frames: total(all, "frames"),
    overhead: total(all, "overhead"),
    dropped: sum(all.map(({ dropped }) => dropped)),
    microseconds: all.at(-1).microseconds,
  });
  const of = (kind) => (found(kind).length > 0 ? add(found(kind)) : NOTHING);
  return { video: of("video"), audio: of("audio") };
}

/** Frames that a decoder got and no encoder of the other side made. */
function foreign(sent, received) {
  const made = new Set(sent.flatMap(({ census }) => census.clear.seal));
  return received.flatMap(({ census }) => census.clear.open).filter((frame) => !made.has(frame)).length;
}

function total(all, field) {
  return all.reduce((count, one) => count + one[field], 0);
}

function mean({ overhead, frames }) {
  return frames ? Math.round((overhead / frames) * 10) / 10 : 0;
}

/** Of video: its frames are the large ones. */
function times({ video, audio }) {
  return (video.frames ? video : audio).microseconds;
}

function sum(counts) {
  const total = {};
  for (const [code, count] of counts.flatMap(Object.entries)) total[code] = (total[code] ?? 0) + count;
  return total;
}

/** For people. @param {object} result */
export function summary(result) {
  const { sealed, opened, decoded, overheadBytes: overhead, microseconds: times } = result;
  const drops = Object.entries(result.dropped).map(([code, count]) => `${count} ${code}`);
  const extra = [
    ["layers", result.layers?.join(", ")],
    ["datagrams", result.loss && `${result.loss.dropped} lost, ${result.loss.duplicated} repeated, ${result.loss.delayed} late; ${result.loss.lateFrames} frames out of order`],
    ["pictures back", result.loss && `${result.loss.recoveredMs ?? "not even 60 000"} ms after the last loss`],
    ["gap", "gapMs" in result ? `${result.gapMs} ms in media` : undefined],
    ["signaling", "signalMs" in result ? `${result.signalMs} ms before the first picture` : undefined],
  ];
  const lines = extra.filter(([, text]) => text).map(([name, text]) => `  ${name.padEnd(17)} ${text}\n`);
  return `
  ${result.codecs.video} and ${result.codecs.audio} from ${result.from} to ${result.to}, ${result.via}, ${result.seconds} s
  sealed            ${sealed.video} video, ${sealed.audio} audio frames
  opened            ${opened.video} video, ${opened.audio} audio frames
  decoded           ${decoded.video} pictures${decoded.video ? ", showing what was sent" : ""}; tone ${result.audioHeard ? "heard" : "NOT heard"}
  dropped           ${drops.join(", ") || "none"}
  plaintext frames  ${result.plaintextFrames} seen by a tap without keys
  foreign frames    ${result.foreignFrames} given to the decoder that the other side's encoder did not make
  overhead          ${overhead.video} bytes a video frame, ${overhead.audio} an audio frame
  time a frame      seal ${times.seal.p50} µs (99 %: ${times.seal.p99}), open ${times.open.p50} µs (99 %: ${times.open.p99})
${lines.join("")}
`;
}
