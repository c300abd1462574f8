/**
 * Puts a transform on a sender or receiver, or finds that it would come too late. Chromium (156)
 * decides at the end of the task that made a sender: without a transform by then, and without the
 * flag of `call.configuration()`, frames bypass every later transform, silently. Exactly those are
 * refused by `createEncodedStreams()` ("Too late …"); where it succeeds, nothing has passed, and
 * nothing will but through the transform set after it, or through the streams that it gave, where
 * the browser has no transforms. Firefox (153) honours a transform at any time, so there it matters
 * whether media has left before. Both take another transform in mid-call, and pass nothing between.
 */
import { SealframeError } from "./errors.js";

/** @typedef {{ readable: ReadableStream, writable: WritableStream }} Streams */
/** @typedef {(RTCRtpSender | RTCRtpReceiver) & { createEncodedStreams?(): Streams }} Target */

/** In here a target may change hands but is never let go. @type {WeakMap<Target, { closed: boolean }>} */
const owners = new WeakMap();
/** Else what is refused might be collected, and come back as it was. @type {WeakMap<RTCRtpSender, RTCDTMFSender>} */
const silenced = new WeakMap();

/**
 * From here on every frame of `target` goes to our worker; or this throws, and stops it.
 * @param {Target} target @param {{ closed: boolean }} owner
 * @param {() => (streams?: Streams) => RTCRtpScriptTransform | undefined} prepare throws, or gives what
 *   makes the transform; without transforms it takes the streams instead, which exist once only
 */
export function protect(target, owner, prepare) {
  const holder = owners.get(target);
  try {
    if (holder && holder !== owner && !holder.closed) throw new SealframeError("already-protected");
    const connect = prepare();
    const streams = holder ? undefined : claim(target);
    const late = !holder && hasSent(target);
    renew(target, connect(streams));
    owners.set(target, owner);
    if (!holder) shadow(target);
    if (late) throw new SealframeError("too-late");
  } catch (error) {
    const known = error instanceof SealframeError ? error : new SealframeError("unsupported-browser");
    if (!holder) halt(target, known.code);
    throw known;
  }
}

/** Another transform, such as that of another worker. @param {Target} target @param {RTCRtpScriptTransform} [transform] */
export function renew(target, transform) {
  if (transform) native(target)?.set?.call(target, transform);
}

/** An exception may be swallowed: the sender's track goes, and a receiver that nobody can check ends. */
export function halt(/** @type {Target} */ target, /** @type {string} */ code) {
  if (target instanceof RTCRtpSender) target.replaceTrack(null).catch(() => {});
  else if (code === "not-protected") target.track.stop();
}

/** Throws where a frame may have passed by. */
function claim(/** @type {Target} */ target) {
  if (target.transform) throw new SealframeError("already-protected");
  try {
    return target.createEncodedStreams?.();
  } catch (/** @type {any} */ error) {
    throw new SealframeError(/already/i.test(error.message) ? "already-protected" : "not-protected");
  }
}

/** Codecs are listed once a sender is negotiated (Firefox); its transport alone may be another's. */
function hasSent(/** @type {Target} */ target) {
  if (target.createEncodedStreams || !(target instanceof RTCRtpSender) || !target.track) return false;
  return target.getParameters().codecs?.length > 0 && target.transport?.state === "connected";
}

/** `sender.transform = null` would go on in plaintext (Firefox). */
function shadow(/** @type {Target} */ target) {
  const refuse = () => { throw new SealframeError("already-protected"); };
  Object.defineProperty(target, "transform", { get: native(target)?.get, set: refuse });
  Object.defineProperty(target, "createEncodedStreams", { value: refuse });
  if (target instanceof RTCRtpSender && target.dtmf) silence(target, target.dtmf);
}

/** Tones go past every transform, in plaintext (Chromium 156, Firefox 153): they are not sent. */
function silence(/** @type {RTCRtpSender} */ sender, /** @type {RTCDTMFSender} */ dtmf) {
  const refuse = () => { throw new SealframeError("tones-refused"); };
  Object.defineProperty(dtmf, "insertDTMF", { value: refuse });
  silenced.set(sender, dtmf);
}

/** The browser's own accessor, if it has transforms. @type {(target: Target) => PropertyDescriptor | undefined} */
const native = (target) => Object.getOwnPropertyDescriptor(Object.getPrototypeOf(target), "transform");
