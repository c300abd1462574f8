/** Who speaks: the loudest of those who can be heard. */

/** Milliseconds between two looks. */
const LOOK = 300;
/** Milliseconds for which somebody counts as speaking after a loud moment: people pause. */
const PAUSE = 1500;
/** Of a level from 0 to 1: below this it is silence, breath or a quiet tone. */
const LOUD = 0.03;

/**
 * @param {import("./room.js").Room} room
 * @param {(id: string) => void} changed called with the device of the one who speaks now, or ""
 * @param {AbortSignal} signal ends it
 */
export function followSpeaker(room, changed, signal) {
  let speaker = "";
  let since = 0;
  const timer = setInterval(() => {
    const loudest = loudestOf(room);
    const now = performance.now();
    if (loudest) since = now;
    const next = loudest || (now - since < PAUSE ? speaker : "");
    if (next !== speaker) changed((speaker = next));
  }, LOOK);
  signal.addEventListener("abort", () => clearInterval(timer));
}

function loudestOf(room) {
  const heard = room.listed
    .filter(({ muted }) => !muted)
    .map((person) => ({ id: person.id, level: levelOf(room.voiceOf(person)) }))
    .filter(({ level }) => level >= LOUD);
  return heard.sort((a, b) => b.level - a.level)[0]?.id ?? "";
}

/** @param {RTCRtpReceiver} [receiver] */
function levelOf(receiver) {
  return receiver?.getSynchronizationSources()[0]?.audioLevel ?? 0;
}
