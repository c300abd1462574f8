/** Codes and states in words. */

const REASONS = {
  "authentication-failed": "changed on the way, or sealed with another key",
  "bad-header": "its header is damaged",
  "call-closed": "the call is closed",
  "core-restarted": "the core is starting again",
  "device-busy": "this device is in this room already, in another tab",
  duplicate: "the same frame again, which browsers do",
  "frame-too-short": "too short to be a frame",
  "malformed-frame": "its readable part is damaged",
  "no-key": "no key to seal with yet",
  "not-a-member": "from a device that is not on the list of members",
  "not-sealed": "sent as it is: that side does not seal",
  "not-sent": "sealed, but the browser sends none of it",
  NotAllowedError: "the browser did not allow it",
  NotFoundError: "there is no such device",
  "only-duplicates": "the same frames again, and no others",
  "packetization-mode": "a sealed frame does not fit this kind of H.264 packets",
  "too-old": "older than this side looks back",
  "unknown-codec": "a format that cannot be sealed",
  "unknown-key": "sealed with a key this side does not have",
  "unknown-payload-type": "the page has not said which format this is",
  "untrusted-key": "sealed with a key that a removed member may have",
  "worker-restarted": "the worker was replaced",
};

const THINGS = { microphone: "sound", camera: "picture", screen: "screen" };

/** A code as text: "unknown-key" as "unknown key". @param {string} code */
export function label(code) {
  return code.replaceAll("-", " ");
}

/** @param {string} [code] */
export function reason(code = "") {
  return REASONS[code] ?? label(code);
}

/** Why something failed. The code of a browser's own exception is a number. @param {Error & { code?: unknown }} error */
export function because({ code, name }) {
  return reason(typeof code === "string" ? code : name);
}

/** What a track is called. @param {string} track its label */
export function thing(track) {
  return THINGS[track] ?? track;
}

/**
 * One state event as a sentence.
 * @param {{ direction: string, track: string, state: string, code: string }} change
 * @param {string} name whose frames they are
 */
export function sentence({ direction, track, state, code }, name) {
  if (direction === "seal") return sealing(thing(track), state, code);
  if (state === "sealed") return `${name}: ${thing(track)} opens, frame after frame.`;
  if (state === "not-sealed") return `${name}: ${thing(track)} comes unsealed and is not shown.`;
  if (state === "waiting-for-key")
    return `${name}: ${thing(track)} waits for a key (${reason(code)}).`;
  return `${name}: ${thing(track)} is refused (${reason(code)}).`;
}

function sealing(what, state, code) {
  if (state === "sealed") return `Your ${what} goes out sealed.`;
  return `Your ${what} does not go out: ${reason(code)}.`;
}

/** "Ann, Ben and Carol". @param {string[]} names */
export function listed(names) {
  return new Intl.ListFormat("en").format(names);
}

/** A key id as the page shows it. @param {bigint | undefined} kid */
export function showKid(kid) {
  return kid === undefined ? "–" : kid.toString(16).padStart(4, "0");
}
