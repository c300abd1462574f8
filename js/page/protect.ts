/**
 * Puts a transform on a sender or receiver, or finds that it comes too late.
 *
 * Chromium (156) decides at the end of the task that made a sender. If the sender has no transform
 * by then, and the connection lacks the flag of `call.configuration()`, frames silently bypass
 * every later transform. `createEncodedStreams()` fails for these senders ("Too late …"). If it
 * succeeds, no frame has left yet, and later frames pass only through a transform that is set
 * afterwards, or through the streams in a browser without transforms.
 *
 * Firefox (153) honours a transform at any time, so here it matters whether media has left before.
 * Both browsers accept another transform in mid-call, and pass nothing in between.
 */
import { has } from "../shared/brand.js";
import type { ErrorCode } from "../shared/codes.js";
import { SealframeError } from "../shared/errors.js";

export interface Streams {
  readable: ReadableStream;
  writable: WritableStream;
}
/** A sender or receiver. Chromium has encoded streams beside transforms, or instead of them. */
export type Target = (RTCRtpSender | RTCRtpReceiver) & { createEncodedStreams?(): Streams };
type Method = "replaceTrack" | "setParameters";

/** At most this many times a stopped sender's encodings are deactivated. */
const DEACTIVATIONS = 20;
/** Milliseconds from a deactivation that failed to the next. */
const DEACTIVATE_AGAIN_MS = 50;

interface Claim {
  streams: Streams | undefined;
  /** Whether plaintext has left before. */
  late: boolean;
}

// The interfaces are looked up when asked: importing this file outside a browser does nothing.
export function isSender(value: unknown): value is RTCRtpSender {
  return has(globalThis.RTCRtpSender?.prototype, "track")(value);
}
export function isReceiver(value: unknown): value is RTCRtpReceiver {
  return has(globalThis.RTCRtpReceiver?.prototype, "track")(value);
}

/** The call that owns each target. A target may change its owner, and never loses it. */
const owners = new WeakMap<Target, { closed: boolean }>();
/** Targets that have no working transform yet. Frames pass only to the holder of the streams. */
const claims = new WeakMap<Target, Claim>();
/** Senders without a reliable transform, whose encodings stay inactive until they are sealed. */
const stopped = new WeakSet<Target>();
/** Keeps the changed objects: a collected one would come back with its methods restored. */
const silenced = new WeakMap<RTCRtpSender, RTCDTMFSender>();

/**
 * From here on every frame of `target` goes to our worker. If this throws, no frame goes anywhere
 * until a later call succeeds.
 *
 * `prepare` throws, or returns a function that makes the transform. In a browser without transforms
 * that function takes the streams, which exist only once. `blackHole` makes a transform that passes
 * no frame, or throws.
 */
export function protect(
  target: Target,
  owner: { closed: boolean },
  prepare: () => (streams?: Streams) => RTCRtpScriptTransform | undefined,
  blackHole: () => RTCRtpScriptTransform,
) {
  const holder = owners.get(target);
  let late = false;
  try {
    if (holder && holder !== owner && !holder.closed) throw new SealframeError("already-protected");
    const tones = clearTones(target);
    // First of all that may throw: in a browser with streams, only the claim stops frames.
    const claimed = holder ? undefined : claim(target);
    setTransform(target, prepare()(claimed?.streams));
    late = tones || (claimed?.late ?? false);
    owners.set(target, owner);
    claims.delete(target);
  } catch (error) {
    const known =
      error instanceof SealframeError ? error : new SealframeError("unsupported-browser");
    if (!holder) refuse(target, known.code, blackHole);
    throw known;
  }
  if (!late) return unlock(target);
  detachTrack(target, "too-late");
  throw new SealframeError("too-late");
}

/** Sets another transform, such as that of another worker. Throws unless the target has it then. */
export function setTransform(target: Target, transform?: RTCRtpScriptTransform) {
  if (!transform) return;
  const native = nativeTransform(target);
  native?.set?.call(target, transform);
  if (native?.get?.call(target) !== transform) throw new SealframeError("unsupported-browser");
}

/**
 * Whether no frame will ever pass the target again. A closed DTLS transport does not prove that:
 * its peer has left, and another may follow.
 */
export function isOver(target: Target): boolean {
  const closed = target.transport?.iceTransport?.state === "closed";
  return closed || (isReceiver(target) && target.track.readyState === "ended");
}

/**
 * Takes the sender's track away, and refuses every later track until the sender is sealed. The
 * application may have swallowed the exception.
 */
export function detachTrack(target: Target, code: ErrorCode) {
  if (!isSender(target)) return;
  const { replaceTrack } = RTCRtpSender.prototype;
  const lockTrack = () =>
    lock(target, "replaceTrack", (track) =>
      track ? refusal(code) : replaceTrack.call(target, null),
    );
  // Only with a track: otherwise addTrack() in the same task hangs the page (Chromium 156).
  const detach = () => target.track && replaceTrack.call(target, null).catch(() => {});
  // An object that the application froze or changed may fail one of them.
  for (const step of [detach, lockTrack, () => refuseTones(target)]) succeeds(step);
}

/**
 * Stops a target that can have no reliable transform. `addTrack()` may give a track to a sender
 * without one, which then has no active encoding. A receiver's track is stopped.
 */
export function deactivateEncodings(target: Target, code: ErrorCode) {
  if (!isSender(target)) return code !== "already-protected" && target.track.stop();
  succeeds(() => lock(target, "setParameters", () => refusal(code)));
  stopped.add(target);
  deactivate(target, DEACTIVATIONS);
}

/**
 * A `setParameters()` of the application that is under way makes ours fail (Chromium 156), and a
 * `replaceTrack()` that is under way ends later.
 */
async function deactivate(sender: RTCRtpSender, tries: number): Promise<void> {
  const { getParameters, setParameters, replaceTrack } = RTCRtpSender.prototype;
  try {
    const parameters = getParameters.call(sender);
    parameters.encodings?.forEach((encoding) => (encoding.active = false));
    await setParameters.call(sender, parameters);
    if (stopped.has(sender) && sender.track) await replaceTrack.call(sender, null);
  } catch {
    const again = () => stopped.has(sender) && deactivate(sender, tries - 1);
    if (tries > 1) setTimeout(again, DEACTIVATE_AGAIN_MS);
  }
}

function refuse(target: Target, code: ErrorCode, blackHole: () => RTCRtpScriptTransform) {
  detachTrack(target, code);
  const claimed = claims.get(target);
  if (claimed?.streams) return; // nobody reads them, so no frame passes
  if (claimed && succeeds(() => setTransform(target, blackHole()))) return;
  deactivateEncodings(target, code);
}

/** Whether `step` did not throw. */
function succeeds(step: () => unknown): boolean {
  try {
    step();
    return true;
  } catch {
    return false;
  }
}

/** Throws if a frame may have bypassed the claim. */
function claim(target: Target): Claim {
  const before = claims.get(target);
  if (before) return before;
  if (target.transform) throw new SealframeError("already-protected");
  try {
    const streams = target.createEncodedStreams?.();
    const claimed = { streams, late: !streams };
    claims.set(target, claimed);
    claimed.late &&= hasSent(target);
    shadowTransform(target);
    return claimed;
  } catch (error) {
    throw new SealframeError(
      /already/i.test((error as Error).message) ? "already-protected" : "not-protected",
    );
  }
}

/** Firefox lists codecs once a sender is negotiated. Its transport alone may be another's. */
function hasSent(target: Target): boolean {
  if (!isSender(target) || !target.track) return false;
  return target.getParameters().codecs?.length > 0 && target.transport?.state === "connected";
}

/** After `sender.transform = null` Firefox would go on in plaintext. */
function shadowTransform(target: Target) {
  const refuse = () => {
    throw new SealframeError("already-protected");
  };
  Object.defineProperty(target, "transform", { get: nativeTransform(target)?.get, set: refuse });
  Object.defineProperty(target, "createEncodedStreams", { value: refuse });
  if (isSender(target)) refuseTones(target);
}

/** Tones bypass every transform, in plaintext (Chromium 156, Firefox 153). */
function refuseTones(sender: RTCRtpSender) {
  const { dtmf } = sender;
  if (!dtmf || silenced.has(sender)) return;
  const refuse = () => {
    throw new SealframeError("tones-refused");
  };
  Object.defineProperty(dtmf, "insertDTMF", { value: refuse });
  silenced.set(sender, dtmf);
}

/** Clears tones that wait, and returns whether there were any. */
function clearTones(target: Target): boolean {
  const dtmf = isSender(target) && target.dtmf;
  if (!dtmf || dtmf.toneBuffer === "") return false;
  Object.getPrototypeOf(dtmf).insertDTMF.call(dtmf, "");
  return true;
}

function lock(sender: RTCRtpSender, method: Method, value: (argument: unknown) => Promise<void>) {
  Object.defineProperty(sender, method, { value, configurable: true });
}

function unlock(target: Target) {
  stopped.delete(target);
  Reflect.deleteProperty(target, "replaceTrack");
  Reflect.deleteProperty(target, "setParameters");
}

const refusal = (code: ErrorCode): Promise<void> => Promise.reject(new SealframeError(code));

/**
 * The browser's own accessor, if it has transforms. It serves objects of every realm, and those
 * whose prototype a script replaced.
 */
function nativeTransform(target: Target): PropertyDescriptor | undefined {
  const { prototype } = isSender(target) ? RTCRtpSender : RTCRtpReceiver;
  return Object.getOwnPropertyDescriptor(prototype, "transform");
}
