/**
 * Sees that nothing leaves a protected sender but what the worker sealed. At each pulse of the
 * worker the packets that left are compared with the frames that went through it; a sender that
 * sends without them is stopped. Should the browser, or a script in the page, take our transform
 * away, that is what notices: within four pulses, which is less than a second.
 *
 * Counted are packets less retransmissions. What the worker drops does not leave (Chromium 156,
 * Firefox 153: not one packet, no probe either), so no margin is needed, only time: packets queue.
 */
import { halt } from "./protect.js";

/** @typedef {import("./types.js").Count} Count @typedef {import("./types.js").Counts} Counts */
/** @typedef {import("./place.js").Place} Place @typedef {import("./types.js").Ward} Ward */
/** @typedef {{ packets: number, encoded: number }} Left what left a sender so far */
/** @typedef {Left & { count: Count }} Sample and what the worker had counted when that was asked */
/** @typedef {{ before?: Sample, after?: Sample, judged: boolean, suspicion: number, busy: boolean }} Watched */

/** So much suspicion stops a sender. */
const SURE = 12;
/** The encoder works and packets leave, but the worker sees no frame: twice in a row is no chance. */
const BLIND = 6;
/** The worker drops all it sees, yet packets leave: those in the queue, or it would not end. */
const QUEUED = 1;

export class Watchdog {
  #counts = /** @type {Map<number, Count>} */ (new Map());
  #watched = /** @type {WeakMap<RTCRtpSender, Watched>} */ (new WeakMap());

  /** A pulse: what the worker counted since the last one. @param {Counts} counts @param {Iterable<Place>} places */
  check(counts, places) {
    Object.entries(counts).forEach(([slot, count]) => this.#counts.set(Number(slot), count));
    for (const place of places) place.wards.forEach((ward, target) => this.#look(place, target, ward));
  }

  /** @param {Place} place @param {import("./protect.js").Target} sender @param {Ward} ward */
  async #look(place, sender, ward) {
    if (isOver(sender)) return this.#forget(place, sender, ward);
    if (!(sender instanceof RTCRtpSender)) return;
    const watched = this.#watched.get(sender) ?? { judged: true, suspicion: 0, busy: false };
    this.#watched.set(sender, watched);
    const count = this.#counts.get(ward.slot) ?? { given: 0, passed: 0 };
    if (judge(watched, count) >= SURE) stop(place, sender, ward, watched);
    if (watched.busy || !sender.transport) return;
    watched.busy = true;
    const left = await sender.getStats().then(read, () => undefined);
    watched.busy = false;
    if (left) Object.assign(watched, { before: watched.after, after: { ...left, count }, judged: false });
  }

  #forget(/** @type {Place} */ place, /** @type {import("./protect.js").Target} */ target, /** @type {Ward} */ { slot }) {
    place.wards.delete(target);
    this.#counts.delete(slot);
  }
}

/** Whether nothing will ever pass it again, so that it need not be kept. */
function isOver(/** @type {import("./protect.js").Target} */ target) {
  const closed = target.transport?.state === "closed";
  return closed || (target instanceof RTCRtpReceiver && target.track.readyState === "ended");
}

/** Over all layers of a simulcast. @returns {Left} */
function read(/** @type {RTCStatsReport} */ report) {
  const left = { packets: 0, encoded: 0 };
  report.forEach((stats) => {
    if (stats.type !== "outbound-rtp") return;
    const packets = (stats.packetsSent ?? 0) - (stats.retransmittedPacketsSent ?? 0);
    left.packets += packets;
    // Of sound nothing is counted before it is packed, one frame to a packet.
    left.encoded += stats.kind === "video" ? (stats.framesEncoded ?? packets) : packets;
  });
  return left;
}

/**
 * What left between two samples was made before the worker counted last, and hardly before the first
 * of them was asked for. @returns the suspicion so far
 */
function judge(/** @type {Watched} */ watched, /** @type {Count} */ last) {
  const { before, after, judged, suspicion } = watched;
  watched.judged = true;
  if (judged || !before || !after) return suspicion;
  if (last.passed !== before.count.passed) return (watched.suspicion = 0);
  if (after.packets <= before.packets) return suspicion;
  const blind = last.given === before.count.given && after.encoded > before.encoded;
  return (watched.suspicion += blind ? BLIND : QUEUED);
}

/** Our transform again, no track, no encoding: each is enough in some browser. Then whoever listens is told. */
function stop(/** @type {Place} */ place, /** @type {RTCRtpSender} */ sender, /** @type {Ward} */ ward, /** @type {Watched} */ watched) {
  watched.suspicion = -2 * SURE; // should it still send: again
  halt(sender, "leak-stopped");
  try { place.renew(sender, ward); } catch { /* it has no track any more */ }
  const parameters = sender.getParameters();
  parameters.encodings?.forEach((encoding) => (encoding.active = false));
  sender.setParameters(parameters).catch(() => {});
  place.ask("leaked", { slot: ward.slot }).catch(() => {});
  const { slot, ...labels } = ward;
  place.hear({ type: "leak-stopped", ...labels, code: "leak-stopped", rtpSender: sender });
}
