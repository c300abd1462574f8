/** Codes and states in words. */

const REASONS = {
  "authentication-failed": "changed on the way, or sealed with another key",
  "bad-header": "its header is damaged",
  "call-closed": "the call is closed",
  "core-restarted": "the core is starting again",
  duplicate: "the same frame again, which browsers do",
  "frame-too-short": "too short to be a frame",
  "malformed-frame": "its readable window is damaged",
  "no-key": "no key to seal with yet",
  "not-a-member": "from a device that is not on the list",
  "not-sealed": "sent as it is: this side of the call does not seal",
  "not-sent": "sealed, but the browser sends none of it",
  "only-duplicates": "the same frames again, and no others",
  "packetization-mode": "a sealed frame does not fit this kind of H.264 packets",
  "too-old": "older than the replay window reaches",
  "unknown-codec": "a codec that cannot be sealed",
  "unknown-key": "sealed with a key this side does not have",
  "unknown-payload-type": "the page has not said which codec this is",
};

/** A code as text: "unknown-key" as "unknown key". @param {string} code */
export function label(code) {
  return code.replaceAll("-", " ");
}

/** @param {string} [code] */
export function reason(code = "") {
  return REASONS[code] ?? label(code);
}

/** One state event as a sentence. @param {{ direction: string, kind: string, state: string, code: string }} change */
export function sentence({ direction, kind, state, code }) {
  const what = kind === "audio" ? "sound" : kind;
  return direction === "seal" ? sealing(what, state, code) : opening(what, state, code);
}

function sealing(what, state, code) {
  if (state === "sealed") return `Your ${what} goes out sealed.`;
  return `Your ${what} does not go out: ${reason(code)}.`;
}

function opening(what, state, code) {
  if (state === "sealed") return `The other side's ${what} opens, frame after frame.`;
  if (state === "not-sealed")
    return `The other side's ${what} comes without a seal and is not shown.`;
  return `The other side's ${what} is refused: ${reason(code)}.`;
}

/** A key id as the page shows it. @param {bigint | undefined} kid */
export function showKid(kid) {
  return kid === undefined ? "–" : kid.toString(16).padStart(4, "0");
}
