/**
 * Puts a transform on a sender or receiver, or finds that it would come too late. Chromium (156)
 * decides at the end of the task that made a sender: without a transform by then, and without the
 * flag of `call.configuration()`, frames bypass every later transform, silently. Exactly those are
 * refused by `createEncodedStreams()` ("Too late …"); where it succeeds, nothing has passed, and
 * nothing will but through the transform set after it, or through the streams that it gave, where
 * the browser has no transforms. Firefox (153) honours a transform at any time, so there it matters
 * whether media has left before. Both take another transform in mid-call, and pass nothing between.
 */
import { has } from "./brand.js";
import { SealframeError } from "./errors.js";

/** @typedef {{ readable: ReadableStream, writable: WritableStream }} Streams */
/** @typedef {(RTCRtpSender | RTCRtpReceiver) & { createEncodedStreams?(): Streams }} Target */

/** @typedef {{ streams?: Streams, late: boolean }} Claim `late`: something has left before it, in plaintext */

// Looked up when asked: importing this outside a browser does nothing.
/** @returns {value is RTCRtpSender} */
export function isSender(/** @type {unknown} */ value) { return has(globalThis.RTCRtpSender?.prototype, "track")(value); }
/** @returns {value is RTCRtpReceiver} */
export function isReceiver(/** @type {unknown} */ value) { return has(globalThis.RTCRtpReceiver?.prototype, "track")(value); }

/** In here a target may change hands but is never let go. @type {WeakMap<Target, { closed: boolean }>} */
const owners = new WeakMap();
/** Claimed, and not passed on yet: nothing passes but to who has the streams. @type {WeakMap<Target, Claim>} */
const claims = new WeakMap();
/** Else what is refused might be collected, and come back as it was. @type {WeakMap<RTCRtpSender, RTCDTMFSender>} */
const silenced = new WeakMap();

/**
 * From here on every frame of `target` goes to our worker; or this throws, and none goes anywhere
 * until it is called again and does not.
 * @param {Target} target @param {{ closed: boolean }} owner
 * @param {() => (streams?: Streams) => RTCRtpScriptTransform | undefined} prepare throws, or gives what
 *   makes the transform; without transforms it takes the streams instead, which exist once only
 * @param {() => RTCRtpScriptTransform} mute makes a transform that lets nothing pass, or throws
 */
export function protect(target, owner, prepare, mute) {
  const holder = owners.get(target);
  let late = false;
  try {
    if (holder && holder !== owner && !holder.closed) throw new SealframeError("already-protected");
    const tones = clearTones(target);
    // Before anything else may throw: where there are streams, this alone stops what would pass by.
    const claimed = holder ? undefined : claim(target);
    renew(target, prepare()(claimed?.streams));
    late = tones || (claimed?.late ?? false);
    owners.set(target, owner);
    claims.delete(target);
  } catch (error) {
    const known = error instanceof SealframeError ? error : new SealframeError("unsupported-browser");
    if (!holder) refuse(target, known.code, mute);
    throw known;
  }
  if (!late) return release(target);
  halt(target, "too-late");
  throw new SealframeError("too-late");
}

/** Another transform, such as that of another worker. @param {Target} target @param {RTCRtpScriptTransform} [transform] */
export function renew(target, transform) {
  if (transform) native(target)?.set?.call(target, transform);
}

/** Whether nothing will ever pass it again. A DTLS transport that is closed says nothing of the kind: its peer has left. */
export function isOver(/** @type {Target} */ target) {
  const closed = target.transport?.iceTransport?.state === "closed";
  return closed || (isReceiver(target) && target.track.readyState === "ended");
}

/** No track, and until it is sealed none that the application gives it: an exception may be swallowed. */
export function halt(/** @type {Target} */ target, /** @type {string} */ code) {
  if (!isSender(target)) return;
  const { replaceTrack } = RTCRtpSender.prototype;
  silence(target);
  lock(target, "replaceTrack", (track) => (track ? refusal(code) : replaceTrack.call(target, null)));
  // Else for nothing, and addTrack() in the same task then hangs the page (Chromium 156).
  if (target.track) target.replaceTrack(null).catch(() => {});
}

/** Where no transform can be relied on. `addTrack()` may give a track to a sender that has none: it has no encoding then. */
export function end(/** @type {Target} */ target, /** @type {string} */ code) {
  if (!isSender(target)) return code !== "already-protected" && target.track.stop();
  const { setParameters } = RTCRtpSender.prototype;
  const parameters = target.getParameters();
  parameters.encodings?.forEach((encoding) => (encoding.active = false));
  setParameters.call(target, parameters).catch(() => {});
  lock(target, "setParameters", () => refusal(code));
}

/** @param {Target} target @param {string} code @param {() => RTCRtpScriptTransform} mute */
function refuse(target, code, mute) {
  halt(target, code);
  const claimed = claims.get(target);
  if (claimed?.streams) return; // nobody reads them
  try { if (claimed) return renew(target, mute()); } catch { /* as if it were not ours */ }
  end(target, code);
}

/** Throws where a frame may have passed by. @returns {Claim} */
function claim(/** @type {Target} */ target) {
  const before = claims.get(target);
  if (before) return before;
  if (target.transform) throw new SealframeError("already-protected");
  try {
    const streams = target.createEncodedStreams?.();
    const claimed = { streams, late: !streams && hasSent(target) };
    claims.set(target, claimed);
    shadow(target);
    return claimed;
  } catch (/** @type {any} */ error) {
    throw new SealframeError(/already/i.test(error.message) ? "already-protected" : "not-protected");
  }
}

/** Codecs are listed once a sender is negotiated (Firefox); its transport alone may be another's. */
function hasSent(/** @type {Target} */ target) {
  if (!isSender(target) || !target.track) return false;
  return target.getParameters().codecs?.length > 0 && target.transport?.state === "connected";
}

/** `sender.transform = null` would go on in plaintext (Firefox). */
function shadow(/** @type {Target} */ target) {
  const refuse = () => { throw new SealframeError("already-protected"); };
  Object.defineProperty(target, "transform", { get: native(target)?.get, set: refuse });
  Object.defineProperty(target, "createEncodedStreams", { value: refuse });
  if (isSender(target)) silence(target);
}

/** Tones go past every transform, in plaintext (Chromium 156, Firefox 153): they are not sent. */
function silence(/** @type {RTCRtpSender} */ sender) {
  const { dtmf } = sender;
  if (!dtmf || silenced.has(sender)) return;
  const refuse = () => { throw new SealframeError("tones-refused"); };
  Object.defineProperty(dtmf, "insertDTMF", { value: refuse });
  silenced.set(sender, dtmf);
}

/** Tones that wait leave past the transform, in plaintext. @returns whether there were any */
function clearTones(/** @type {Target} */ target) {
  const dtmf = isSender(target) && target.dtmf;
  if (!dtmf || dtmf.toneBuffer === "") return false;
  Object.getPrototypeOf(dtmf).insertDTMF.call(dtmf, "");
  return true;
}

/** @param {RTCRtpSender} sender @param {"replaceTrack" | "setParameters"} method @param {(argument: any) => Promise<void>} value */
const lock = (sender, method, value) => Object.defineProperty(sender, method, { value, configurable: true });
const refusal = (/** @type {string} */ code) => Promise.reject(new SealframeError(code));

function release(/** @type {Target} */ target) {
  Reflect.deleteProperty(target, "replaceTrack");
  Reflect.deleteProperty(target, "setParameters");
}

/** The browser's own accessor, if it has transforms. @type {(target: Target) => PropertyDescriptor | undefined} */
const native = (target) => Object.getOwnPropertyDescriptor(Object.getPrototypeOf(target), "transform");
