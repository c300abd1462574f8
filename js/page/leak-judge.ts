/**
 * Judges whether all that one sender sent was sealed.
 *
 * It compares payload bytes without retransmissions. A number of packets says less: Chromium (156)
 * sends some 130 packets without payload in the first second of some calls, and pads layers of a
 * simulcast. Frames that the worker drops do not leave, so no payload may leave without them.
 *
 * Packets queue in the browser, on a busy machine (Firefox 153) for longer than two samples. So
 * sealed bytes that have not left yet explain what leaves while the worker passes on nothing.
 *
 * Every encoded frame of every layer comes to the worker. If one layer bypasses it, frames are
 * missing there, more each second.
 *
 * A tone (DTMF) replaces sound. While it plays, the worker seals frames that do not leave, and
 * packets of four bytes leave instead, which is less than any sealed frame has.
 */
import type { Count } from "../shared/wire.js";
import type { Sample } from "./sample.js";

/** Some samples in a row, over which encoded frames are compared with frames in the worker. */
interface Span {
  /** Totals at its start. */
  packets: number;
  encoded: number;
  /** Samples since the start. */
  looks: number;
  /** How many spans in a row missed frames. */
  times: number;
  /** Encoded frames that had not come to the worker: the fewest in this span, and in the last. */
  fewest: number;
  fewestBefore: number;
}

/** A sender with this much suspicion is stopped. */
const STOP_THRESHOLD = 12;
/** Suspicion per sample in which packets left and the worker got no frame: two samples stop. */
const NO_FRAMES_WEIGHT = 6;
/** Suspicion per sample of a tone. Such a sample may be padding, and the first packet of a call. */
const TONE_WEIGHT = 6;
/** Mean payload bytes of packets that are all of a tone (RFC 4733 §2.3: 4). */
const TONE_BYTES = { min: 3.5, max: 6 };
/** A tone has about one packet for each frame that it replaces. Padding has 2.6 (Chromium 156). */
const TONE_PACKETS = 3 / 2;
/** Suspicion per sample of sound that left though the worker dropped all. */
const ALL_DROPPED_WEIGHT = 1;
/**
 * Of the sealed bytes that have not left, this share still counts a sample later. Some never leave,
 * and must not hide a leak: after a second half is forgotten.
 */
const KEPT_SHARE = 7 / 8;
/** Packets of a picture have up to this many times the bytes of its frames: headers of the codec. */
const PACKET_OVERHEAD = 9 / 8;
/** Bytes of the smallest sealed frame of sound: 1 of payload, 2 of header, 16 of tag. */
const MIN_SEALED_BYTES = 19;
/** If less than this share of the sealed bytes left, in packets too small for it, it is a tone. */
const REPLACED_SHARE = 1 / 2;
/**
 * One layer bypasses the worker if ever more frames are missing: of the frames of `looks` samples at
 * least this share, `times` times in a row. Frames that only queue come to the worker in between.
 */
const MISSING = { share: 1 / 8, looks: 6, times: 3 };

export class LeakJudge {
  #before: Sample | undefined;
  #suspicion = 0;
  /** Sealed bytes that have not left. */
  #unsent = 0;
  /** Frames that the worker had passed on at the last sample. */
  #passed = 0;
  #span: Span | undefined;

  /**
   * Whether the sender leaks. The worker counted `last` after the sample was taken, so all payload
   * of the sample was sealed by then. If the sender goes on, this returns true again later.
   */
  isLeaking(sample: Sample, last: Count): boolean {
    const before = this.#before;
    this.#before = sample;
    if (!before) return false;
    this.#weigh(before, sample, last);
    const misses = sample.video && this.#missesFrames(before, sample, last);
    const leaks = misses || this.#suspicion >= STOP_THRESHOLD;
    if (leaks) [this.#suspicion, this.#span] = [-2 * STOP_THRESHOLD, undefined];
    return leaks;
  }

  #weigh(before: Sample, after: Sample, last: Count) {
    const sent = Math.max(0, after.bytes - before.bytes); // layers come and go
    const sealed = after.count.bytes - before.count.bytes;
    const explained = sent <= this.#unsent * PACKET_OVERHEAD;
    const packets = after.packets - before.packets;
    const tone = !after.video && isTone(sent, sealed, packets);
    this.#unsent = Math.max(0, this.#unsent + sealed - sent) * KEPT_SHARE;
    const passed = last.forwarded - this.#passed;
    this.#passed = last.forwarded;
    if (tone) this.#suspicion += weighTone(sent / packets, packets / passed);
    else if (last.forwarded !== before.count.forwarded) this.#suspicion = 0;
    else if (!explained) this.#suspicion += weighUnsealed(before, after, last);
  }

  #missesFrames(before: Sample, { packets, encoded }: Sample, { received }: Count): boolean {
    const begin = (times: number, fewestBefore: number) =>
      void (this.#span = { packets, encoded, looks: 0, times, fewest: Infinity, fewestBefore });
    if (!this.#span || received < before.count.received) begin(0, Infinity); // a new worker
    const span = this.#span as Span;
    span.fewest = Math.min(span.fewest, encoded - received);
    if (++span.looks < MISSING.looks) return false;
    const missing = span.fewest - span.fewestBefore;
    const enough = (encoded - span.encoded) * MISSING.share;
    const misses = packets > span.packets && missing > 0 && missing >= enough;
    begin(misses ? span.times + 1 : 0, span.fewest);
    return misses && span.times + 1 === MISSING.times;
  }
}

/** The suspicion if payload left, and the worker passed on no frame. */
function weighUnsealed(before: Sample, after: Sample, last: Count): number {
  const noFrames = last.received === before.count.received && after.encoded > before.encoded;
  if (noFrames) return NO_FRAMES_WEIGHT;
  return after.video ? 0 : ALL_DROPPED_WEIGHT;
}

/** The suspicion of a tone. A busy page may see all of it in one sample, which then stops it. */
function weighTone(mean: number, packetsPerFrame: number): number {
  const replaced = packetsPerFrame > 0 && packetsPerFrame <= TONE_PACKETS;
  const certain = replaced && mean >= TONE_BYTES.min && mean <= TONE_BYTES.max;
  return certain ? STOP_THRESHOLD : TONE_WEIGHT;
}

/** Whether the sound that left is in packets that are too small, and much too little. */
function isTone(sent: number, sealed: number, packets: number): boolean {
  return sent > 0 && sent < packets * MIN_SEALED_BYTES && sent < sealed * REPLACED_SHARE;
}
