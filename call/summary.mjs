// A result, for people.

/** @param {object} result as `runCall` returns it */
export function summary(result) {
  const lines = [...media(result), ...happened(result), ...entrances(result)];
  const { codecs, from, to, via, seconds, members } = result;
  const title = `${codecs.video} and ${codecs.audio} from ${from} to ${to}, ${via}`;
  const table = lines
    .filter(([, text]) => text)
    .map(([name, text]) => `  ${name.padEnd(17)} ${text}\n`);
  return `\n  ${title}, ${members} members, ${seconds} s\n${table.join("")}\n`;
}

function media({ sealed, opened, decoded, audioHeard, dropped, ...result }) {
  const { overheadBytes: overhead, microseconds: times } = result;
  const drops = Object.entries(dropped).map(([code, count]) => `${count} ${code}`);
  const time = (name) => `${name} ${times[name].p50} µs (99 %: ${times[name].p99})`;
  const shown = decoded.video ? ", showing what was sent" : "";
  return [
    ["sealed", `${sealed.video} video, ${sealed.audio} audio frames`],
    ["opened", `${opened.video} video, ${opened.audio} audio frames`],
    ["decoded", `${decoded.video} pictures${shown}; tone ${audioHeard ? "heard" : "NOT heard"}`],
    ["dropped", drops.join(", ") || "none"],
    ["plaintext frames", `${result.plaintextFrames} seen by a tap without keys`],
    ["foreign frames", `${result.foreignFrames} given to a decoder that no other encoder made`],
    ["overhead", `${overhead.video} bytes a video frame, ${overhead.audio} an audio frame`],
    ["time a frame", `${time("seal")}, ${time("open")}`],
  ];
}

/** What a scenario measured. */
function happened({ layers, loss, gapMs, signalMs, ...result }) {
  const { dropped, duplicated, delayed, lateFrames, recoveredMs } = loss ?? {};
  const datagrams = `${dropped} lost, ${duplicated ?? 0} repeated, ${delayed ?? 0} late`;
  return [
    ["layers", layers?.join(", ")],
    ["datagrams", loss && `${datagrams}; ${lateFrames} frames out of order`],
    ["pictures back", loss && `${recoveredMs ?? "not even 60 000"} ms after the last loss`],
    ["epochs", result.epochs && `${result.epochs} of an MLS group`],
    ["opened wrongly", wrongly(result)],
    ["gap", gapMs !== undefined && `${gapMs} ms in media`],
    ["signaling", signalMs !== undefined && `${signalMs} ms before the first media`],
  ];
}

/** Frames that nobody was to open. */
function wrongly({ removedOpened, joinerOpenedEarlier }) {
  const removed = removedOpened !== undefined && `${removedOpened} by the removed member`;
  const joiner = joinerOpenedEarlier !== undefined && `${joinerOpenedEarlier} by the joiner`;
  return [removed, joiner].filter(Boolean).join(", ");
}

function entrances({ entrance = {}, rttMs }) {
  return Object.entries(entrance).map(([side, { openedMs, boundMs, mediaMs }]) => [
    `the ${side}`,
    `opened its first frame ${openedMs} ms after the joiner's setMembers() (docs/protocol.md: ` +
      `${boundMs}, at a round trip of ${rttMs}); media were there after ${mediaMs}`,
  ]);
}
