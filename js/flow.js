/**
 * Sees that what the worker passes goes on from there, and has the stream say `failing` where it does not.
 *
 * `packetization-mode`: H.264 in single NAL unit mode (RFC 6184 §6.2) puts each NAL unit into one packet. A
 * sealed frame is one NAL unit, which mostly is larger than a packet, so the browser sends nothing of it.
 * `not-sent`: whatever else keeps sealed frames from becoming packets.
 *
 * It also has the worker know what a sender's payload types mean, before the first frame and after each
 * negotiation that changed its codec. `sender.getParameters()` is called for that alone: each call makes a
 * `setParameters()` that the application has begun fail (Chromium 156).
 */

/** @typedef {import("./watchdog.js").Sample} Sample @typedef {import("./types.js").Ward} Ward */
/** @typedef {import("./place.js").Place} Place @typedef {import("./protect.js").Target} Target */
/** @typedef {{ mimeType: string, payloadType?: number, sdpFmtpLine?: string }} Codec */
/** @typedef {{ codec: string, single: boolean }} Negotiated which codec leaves, and whether it is in that mode */
/** @typedef {{ passed: number, sealed: number, left: number, looks: number }} Span since when bytes sealed and sent are compared */
/** @typedef {{ slot: number, looks: number, codec: string, told: string, stuck: boolean, span?: Span }} Seen */

/** Bytes sealed and sent are compared over this many pulses (of 200 ms) and frames at the least. */
const SPAN = { looks: 25, frames: 20, share: 1 / 2 };
/** A receiver is looked at once in this many pulses. */
const SELDOM = 5;

export class Flow {
  #seen = /** @type {WeakMap<Target, Seen>} */ (new WeakMap());

  /** Another worker knows nothing of what the last one was told. */
  restart() {
    this.#seen = new WeakMap();
  }

  /** @param {Place} place @param {Target} sender @param {Ward} ward @param {Sample} sample @param {RTCStatsReport} report that it was read from */
  sender(place, sender, ward, sample, report) {
    const seen = this.#of(sender, ward);
    const { codec, single } = read(report);
    if (ward.kind === "audio" && codec && codec !== seen.codec) {
      seen.codec = codec;
      place.tellCodecs(ward.slot).catch(() => (seen.codec = ""));
    }
    compare(seen, isConnected(sender), sample);
    tell(place, seen, single ? "packetization-mode" : seen.stuck ? "not-sent" : "");
  }

  /** @param {Place} place @param {Target} receiver @param {Ward} ward */
  async receiver(place, receiver, ward) {
    const seen = this.#of(receiver, ward);
    if (ward.kind !== "video" || seen.looks++ % SELDOM !== 0) return;
    const report = await receiver.getStats().catch(() => undefined);
    // What comes says more than what was negotiated first; before anything comes, that is all there is.
    const inbound = report && [...report.values()].find(({ type, codecId }) => type === "inbound-rtp" && codecId);
    const codec = (inbound && report?.get(inbound.codecId)) ?? receiver.getParameters().codecs?.[0];
    tell(place, seen, isSingle(codec) ? "packetization-mode" : "");
  }

  #of(/** @type {Target} */ target, /** @type {Ward} */ { slot }) {
    const before = this.#seen.get(target);
    if (before?.slot === slot) return before;
    /** @type {Seen} */
    const seen = { slot, looks: 0, codec: "", told: "", stuck: false };
    this.#seen.set(target, seen);
    return seen;
  }
}

/** Without `packetization-mode` the mode is 0 (RFC 6184 §8.1). A codec without any parameter may only be one whose are not told. */
function isSingle(/** @type {Codec | undefined} */ codec) {
  if (!/^video\/h264$/i.test(codec?.mimeType ?? "") || codec?.sdpFmtpLine === undefined) return false;
  return !/(^|;)\s*packetization-mode\s*=\s*[12]/i.test(codec.sdpFmtpLine);
}

/** Over all layers of a simulcast. @returns {Negotiated} */
function read(/** @type {RTCStatsReport} */ report) {
  const found = { codec: "", single: false };
  report.forEach((stats) => {
    if (stats.type !== "outbound-rtp") return;
    /** @type {Codec | undefined} */
    const codec = report.get(stats.codecId);
    if (codec) found.codec += `${codec.payloadType} ${codec.mimeType} ${codec.sdpFmtpLine ?? ""};`;
    found.single ||= isSingle(codec);
  });
  return found;
}

/** While there is no way to the other side, packets may wait. */
function isConnected(/** @type {Target} */ { transport }) {
  return transport?.state === "connected" && /^(connected|completed)$/.test(transport.iceTransport?.state ?? "");
}

/** @param {Seen} seen @param {boolean} connected @param {Sample} sample */
function compare(seen, connected, { bytes: left, count: { passed, bytes: sealed } }) {
  const begin = () => void (seen.span = { passed, sealed, left, looks: 0 });
  const { span } = seen;
  if (!connected) seen.stuck = false;
  if (!span || !connected || passed < span.passed) return begin();
  if (++span.looks < SPAN.looks || passed - span.passed < SPAN.frames) return;
  seen.stuck = left - span.left < (sealed - span.sealed) * SPAN.share;
  begin();
}

function tell(/** @type {Place} */ place, /** @type {Seen} */ seen, /** @type {string} */ code) {
  if (seen.told === code) return;
  seen.told = code;
  place.ask("fault", { slot: seen.slot, code }).catch(() => (seen.told = ""));
}
