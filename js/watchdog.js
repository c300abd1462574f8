/**
 * Sees that nothing leaves a protected sender but what the worker sealed. At each pulse of the
 * worker the packets that left are compared with the frames that went through it; a sender that
 * sends without them is stopped. Should the browser, or a script in the page, take our transform
 * away, that is what notices: within four pulses, which is less than a second.
 *
 * Counted are bytes of payload less retransmissions. Packets would say less: Chromium (156) sends some
 * 130 packets without payload in the first second of some calls, and pads layers of a simulcast. What
 * the worker drops does not leave, so no margin is needed, only time: packets queue. Each frame that is
 * encoded comes to the worker, of whatever layer: should one layer alone go by, frames are missing
 * there, and more from second to second.
 *
 * A tone takes the place of sound: while it plays, the worker seals frames that do not leave, and
 * packets of four bytes leave instead, smaller than any sealed frame.
 *
 * And it sees that the worker has been told of every transform. Chromium (156) once in a while tells a
 * worker that takes over of none, and nothing passes; the worker counts what it was told of.
 */
import { Flow } from "./flow.js";
import { end, halt, isOver, isSender } from "./protect.js";

/** @typedef {import("./types.js").Count} Count @typedef {import("./types.js").Counts} Counts */
/** @typedef {import("./place.js").Place} Place @typedef {import("./types.js").Ward} Ward */
/** @typedef {import("./protect.js").Target} Target */
/** @typedef {{ packets: number, bytes: number, encoded: number, video: boolean }} Left what left a sender so far; `bytes`: of payload */
/** @typedef {Left & { count: Count }} Sample and what the worker had counted when that was asked */
/** @typedef {{ packets: number, encoded: number, given: number, looks: number, times: number }} Span since when frames are compared */
/** @typedef {{ before?: Sample, after?: Sample, span?: Span, judged: boolean, suspicion: number, busy: boolean }} Watched */

/** So much suspicion stops a sender. */
const SURE = 12;
/** The encoder works and packets leave, but the worker sees no frame: twice in a row is no chance. */
const BLIND = 6;
/** The worker drops all it sees, yet payload of sound leaves: that in the queue, or it would not end. */
const QUEUED = 1;
/** Bytes of the smallest sealed frame of sound: one of payload, two of header, a tag of 16. */
const SMALLEST = 19;
/** Less than this share of what was sealed leaves, in packets that are too small: twice in a row is no chance. */
const REPLACED = 1 / 2;
/** Mean bytes of a packet, if a tone takes the place of all sound (RFC 4733 §2.3: four): that is enough. */
const TONE = { least: 3.5, most: 6 };
/** So many pulses without a word of a transform: it was lost on its way. */
const LOST = 10;
/** One layer goes by: an eighth of the frames is missing after so many looks, so many times in a row. */
const MISSING = { share: 1 / 8, looks: 8, times: 3 };

export class Watchdog {
  #counts = /** @type {Map<number, Count>} */ (new Map());
  #watched = /** @type {WeakMap<RTCRtpSender, Watched>} */ (new WeakMap());
  /** How often in vain the worker's word of a target was waited for. @type {WeakMap<Target, number>} */
  #silent = new WeakMap();
  #flow = new Flow();

  /** Another worker counts anew. */
  restart() {
    this.#counts.clear();
    this.#flow.restart();
  }

  /** A pulse: what the worker counted since the last one. @param {Counts} counts @param {Iterable<Place>} places */
  check(counts, places) {
    const before = this.#counts;
    this.#counts = new Map();
    const look = (/** @type {Place} */ place, /** @type {Target} */ target, /** @type {Ward} */ ward) => {
      const count = counts[ward.slot] ?? before.get(ward.slot);
      if (count) this.#counts.set(ward.slot, count);
      if (isOver(target)) place.drop(ward.slot);
      else if (target.transport?.state !== "closed") this.#look(place, target, ward); // another peer may follow
    };
    for (const place of places) place.each((target, ward) => look(place, target, ward));
  }

  /** @param {Place} place @param {Target} sender @param {Ward} ward */
  async #look(place, sender, ward) {
    this.#listen(place, sender, ward);
    const known = this.#counts.has(ward.slot);
    if (!isSender(sender)) return void (known && this.#flow.receiver(place, sender, ward));
    const watched = this.#watched.get(sender) ?? { judged: true, suspicion: 0, busy: false };
    this.#watched.set(sender, watched);
    const count = this.#counts.get(ward.slot) ?? { given: 0, passed: 0, bytes: 0 };
    if (judge(watched, count)) {
      Object.assign(watched, { suspicion: -2 * SURE, span: undefined }); // should it still send: again
      stop(place, sender, ward);
    }
    if (watched.busy || !sender.transport) return;
    watched.busy = true;
    const report = await sender.getStats().catch(() => undefined);
    watched.busy = false;
    if (!report) return;
    const after = { ...read(report), count };
    Object.assign(watched, { before: watched.after, after, judged: false });
    if (known) this.#flow.sender(place, sender, ward, after, report);
  }

  #listen(/** @type {Place} */ place, /** @type {Target} */ target, /** @type {Ward} */ ward) {
    const silent = this.#counts.has(ward.slot) ? 0 : (this.#silent.get(target) ?? 0) + 1;
    this.#silent.set(target, silent % LOST);
    if (silent === LOST) place.renew(target, ward);
  }
}

/** Over all layers of a simulcast. @returns {Left} */
function read(/** @type {RTCStatsReport} */ report) {
  const left = { packets: 0, bytes: 0, encoded: 0, video: false };
  report.forEach((stats) => {
    if (stats.type !== "outbound-rtp") return;
    const packets = (stats.packetsSent ?? 0) - (stats.retransmittedPacketsSent ?? 0);
    left.packets += packets;
    left.bytes += (stats.bytesSent ?? 0) - (stats.retransmittedBytesSent ?? 0);
    left.video ||= stats.framesEncoded !== undefined;
    // Of sound nothing is counted before it is packed.
    left.encoded += stats.framesEncoded ?? stats.bytesSent ?? 0;
  });
  return left;
}

/**
 * What left between two samples was made before the worker counted last, and hardly before the first
 * of them was asked for. @returns whether it leaks
 */
function judge(/** @type {Watched} */ watched, /** @type {Count} */ last) {
  const { before, after, judged } = watched;
  watched.judged = true;
  if (judged || !before || !after) return false;
  const replaced = weighReplaced(before, after);
  if (replaced > 0) watched.suspicion += replaced;
  else if (last.passed !== before.count.passed) watched.suspicion = 0;
  else if (after.bytes > before.bytes) {
    const blind = last.given === before.count.given && after.encoded > before.encoded;
    watched.suspicion += blind ? BLIND : after.video ? 0 : QUEUED;
  }
  return watched.suspicion >= SURE || (after.video && misses(watched, before, last));
}

/** Suspicion, if sound that left is smaller than sealed frames, and much less than was sealed meanwhile. */
function weighReplaced(/** @type {Sample} */ before, /** @type {Sample} */ after) {
  const [packets, bytes] = [after.packets - before.packets, after.bytes - before.bytes];
  const sealed = after.count.bytes - before.count.bytes;
  const mean = bytes / packets;
  if (after.video || !(bytes > 0 && mean < SMALLEST && bytes < sealed * REPLACED)) return 0;
  return mean >= TONE.least && mean <= TONE.most ? SURE : BLIND;
}

/** Frames that had been encoded when the worker counted last, and that it never saw: more and more of them. */
function misses(/** @type {Watched} */ watched, /** @type {Sample} */ { packets, encoded }, /** @type {Count} */ { given }) {
  const { span } = watched;
  const begin = (/** @type {number} */ times) => void (watched.span = { packets, encoded, given, looks: 0, times });
  if (!span || given < span.given) begin(0); // another worker counts from 0
  else if (++span.looks === MISSING.looks) {
    const made = encoded - span.encoded;
    const missing = made - (given - span.given);
    begin(packets > span.packets && missing > 0 && missing >= made * MISSING.share ? span.times + 1 : 0);
  }
  return watched.span?.times === MISSING.times;
}

/** Our transform again, no track, no encoding: each is enough in some browser. Then it is an event. */
export function stop(/** @type {Place} */ place, /** @type {RTCRtpSender} */ sender, /** @type {Ward} */ ward) {
  halt(sender, "leak-stopped");
  place.renew(sender, ward);
  end(sender, "leak-stopped");
  place.ask("leaked", { slot: ward.slot }).catch(() => {});
  const { slot, replaces, codec, ...labels } = ward;
  place.hear({ type: "leak-stopped", ...labels, code: "leak-stopped", rtpSender: sender });
}
