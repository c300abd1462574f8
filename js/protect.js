/**
 * Puts a transform on a sender or receiver, or finds that it would come too late.
 *
 * Chromium (156) decides at the end of the task that made a sender: without a transform by then,
 * and without the flag of `call.configuration()`, frames bypass every later transform, silently.
 * `createEncodedStreams()` refuses exactly those ("Too late …"); where it succeeds, nothing has
 * passed, and nothing will but through the transform set after it. Firefox (153) honours a
 * transform at any time, so there it matters whether media has left before.
 */
import { SealframeError } from "./errors.js";

/**
 * @typedef {(RTCRtpSender | RTCRtpReceiver) & { createEncodedStreams?(): unknown }} Target
 * @typedef {{ closed: boolean }} Owner
 * @type {WeakMap<Target, Owner>} once in here, a target may change hands but is never let go
 */
const owners = new WeakMap();

/**
 * From here on every frame of `target` goes through what `make` makes; or this throws, and stops
 * what it can.
 * @param {Target} target @param {Owner} owner @param {() => RTCRtpScriptTransform} make
 */
export function protect(target, owner, make) {
  const holder = owners.get(target);
  try {
    if (holder && holder !== owner && !holder.closed) throw new SealframeError("already-protected");
    const transform = make();
    if (!holder) claim(target);
    const late = !holder && hasSent(target);
    native(target).set.call(target, transform);
    owners.set(target, owner);
    if (!holder) shadow(target);
    if (late) throw new SealframeError("too-late");
  } catch (error) {
    const known = error instanceof SealframeError ? error : new SealframeError("unsupported-browser");
    if (!holder) stop(target, known.code);
    throw known;
  }
}

/** Throws unless no frame has passed by so far. */
function claim(/** @type {Target} */ target) {
  if (target.transform) throw new SealframeError("already-protected");
  try {
    target.createEncodedStreams?.();
  } catch (/** @type {any} */ error) {
    const taken = /already/i.test(error.message);
    throw new SealframeError(taken ? "already-protected" : "not-protected");
  }
}

/**
 * Codecs are listed once a sender is negotiated (Firefox). Its transport alone says nothing: with
 * BUNDLE it is connected before a new sender is, and during a new offer it reads "new".
 */
function hasSent(/** @type {Target} */ target) {
  if (target.createEncodedStreams || !(target instanceof RTCRtpSender) || !target.track) return false;
  return target.getParameters().codecs?.length > 0 && target.transport?.state === "connected";
}

/**
 * An exception may be swallowed, and the leak would go on: a refused sender has its track taken
 * away, a receiver whose frames nobody can check is ended.
 */
function stop(/** @type {Target} */ target, /** @type {string} */ code) {
  if (target instanceof RTCRtpSender) target.replaceTrack(null).catch(() => {});
  else if (code === "not-protected") target.track.stop();
}

/** `sender.transform = null` would go on in plaintext (Firefox). */
function shadow(/** @type {Target} */ target) {
  const refuse = () => {
    throw new SealframeError("already-protected");
  };
  Object.defineProperty(target, "transform", { get: native(target).get, set: refuse });
  Object.defineProperty(target, "createEncodedStreams", { value: refuse });
}

/** @returns {any} the browser's own accessor */
function native(/** @type {Target} */ target) {
  return Object.getOwnPropertyDescriptor(Object.getPrototypeOf(target), "transform");
}
