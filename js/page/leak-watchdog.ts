/**
 * Sees that a protected sender sends only what the worker sealed. At each pulse of the worker the
 * packets that left are compared with the frames that the worker passed on. A sender that sends
 * without frames is stopped, within four pulses, which is less than a second. That is how a lost
 * transform is noticed, if the browser or a script of the page took it away.
 *
 * The comparison counts payload bytes without retransmissions. A number of packets says less:
 * Chromium (156) sends some 130 packets without payload in the first second of some calls, and pads
 * layers of a simulcast. Frames that the worker drops do not leave, so the comparison needs no
 * margin. It only needs time, because packets queue. Every encoded frame of every layer comes to
 * the worker. If one layer bypasses it, frames are missing there, more each second.
 *
 * A tone (DTMF) replaces sound. While it plays, the worker seals frames that do not leave, and
 * packets of four bytes leave instead, which is less than any sealed frame has.
 *
 * The watchdog also sees that the worker has every transform. After a restart Chromium 156
 * sometimes fails to deliver a transform to the new worker, and no frames flow. The worker counts
 * the transforms that it got.
 */
import type { Attachment, Count, Counts } from "../shared/wire.js";
import type { CallState } from "./call-state.js";
import { FlowWatchdog } from "./flow-watchdog.js";
import { isOver, isSender, type Target } from "./protect.js";
import { type Sample, sentSoFar } from "./sample.js";

/** The start of a comparison between encoded frames and frames in the worker. */
interface Span {
  packets: number;
  encoded: number;
  received: number;
  /** Samples since the start. */
  looks: number;
  /** How many spans in a row missed frames. */
  times: number;
}

interface Watched {
  before?: Sample | undefined;
  after?: Sample;
  span?: Span | undefined;
  /** Whether `after` has been judged. */
  judged: boolean;
  suspicion: number;
  /** Whether a report is on its way. */
  busy: boolean;
}

/** A sender with this much suspicion is stopped. */
const STOP_THRESHOLD = 12;
/** Suspicion per sample in which packets left and the worker got no frame: two samples stop. */
const NO_FRAMES_WEIGHT = 6;
/** Suspicion per sample of sound that left though the worker dropped all: it may have queued. */
const ALL_DROPPED_WEIGHT = 1;
/** Bytes of the smallest sealed frame of sound: 1 of payload, 2 of header, 16 of tag. */
const MIN_SEALED_BYTES = 19;
/** If less than this share of the sealed bytes left, in packets too small for it, it is a tone. */
const REPLACED_SHARE = 1 / 2;
/** Mean payload bytes of packets that are all of a tone (RFC 4733 §2.3: 4). One sample stops. */
const TONE_BYTES = { min: 3.5, max: 6 };
/** After this many pulses without a count of a target, its transform is set again. */
const RENEW_AFTER_PULSES = 10;
/**
 * One layer bypasses the worker if at least this share of the frames is missing, over `looks`
 * samples, `times` times in a row.
 */
const MISSING = { share: 1 / 8, looks: 8, times: 3 };

export class LeakWatchdog {
  #counts = new Map<number, Count>();
  readonly #watched = new WeakMap<RTCRtpSender, Watched>();
  /** Pulses since the worker's last count of a target. */
  readonly #silent = new WeakMap<Target, number>();
  readonly #flow = new FlowWatchdog();

  /** Another worker starts its counts at 0. */
  restart() {
    this.#counts.clear();
    this.#flow.restart();
  }

  /** Takes a pulse: what the worker counted since the last one. */
  check(counts: Counts, calls: Iterable<CallState>) {
    const before = this.#counts;
    this.#counts = new Map();
    for (const call of calls) {
      call.each((target, attachment) => {
        const id = attachment.attachmentId;
        const count = counts[id] ?? before.get(id);
        if (count) this.#counts.set(id, count);
        if (isOver(target)) call.drop(id);
        // After a closed DTLS transport another peer may follow.
        else if (target.transport?.state !== "closed") this.#look(call, target, attachment);
      });
    }
  }

  async #look(call: CallState, target: Target, attachment: Attachment) {
    this.#renewIfSilent(call, target, attachment);
    const known = this.#counts.has(attachment.attachmentId);
    if (!isSender(target))
      return void (known && this.#flow.checkReceiver(call, target, attachment));
    const watched = this.#judge(call, target, attachment);
    if (watched.busy || !target.transport) return;
    watched.busy = true;
    const count = this.#countOf(attachment);
    const report = await target.getStats().catch(() => undefined);
    watched.busy = false;
    if (!report) return;
    const after = { ...sentSoFar(report), count };
    Object.assign(watched, { before: watched.after, after, judged: false });
    if (known) this.#flow.checkSender(call, target, attachment, after, report);
  }

  /** Stops the sender if its last samples show a leak. */
  #judge(call: CallState, sender: RTCRtpSender, attachment: Attachment): Watched {
    const watched = this.#watched.get(sender) ?? { judged: true, suspicion: 0, busy: false };
    this.#watched.set(sender, watched);
    if (isLeaking(watched, this.#countOf(attachment))) {
      // If it goes on sending, it is stopped again later.
      Object.assign(watched, { suspicion: -2 * STOP_THRESHOLD, span: undefined });
      call.stop(sender, attachment, "leak-stopped");
    }
    return watched;
  }

  #countOf({ attachmentId }: Attachment): Count {
    return this.#counts.get(attachmentId) ?? { received: 0, forwarded: 0, bytes: 0 };
  }

  #renewIfSilent(call: CallState, target: Target, attachment: Attachment) {
    const known = this.#counts.has(attachment.attachmentId);
    const silent = known ? 0 : (this.#silent.get(target) ?? 0) + 1;
    this.#silent.set(target, silent % RENEW_AFTER_PULSES);
    if (silent === RENEW_AFTER_PULSES) call.renew(target, attachment);
  }
}

/**
 * Judges the last two samples. The payload that left between them was sealed before the worker
 * counted `last`, and almost none of it before the first sample was asked for.
 */
function isLeaking(watched: Watched, last: Count): boolean {
  const { before, after, judged } = watched;
  watched.judged = true;
  if (judged || !before || !after) return false;
  const replaced = weighReplaced(before, after);
  if (replaced > 0) watched.suspicion += replaced;
  else if (last.forwarded !== before.count.forwarded) watched.suspicion = 0;
  else if (after.bytes > before.bytes) watched.suspicion += weighUnsealed(before, after, last);
  return (
    watched.suspicion >= STOP_THRESHOLD || (after.video && missesFrames(watched, before, last))
  );
}

/** The suspicion if payload left, and the worker passed on no frame. */
function weighUnsealed(before: Sample, after: Sample, last: Count): number {
  const noFrames = last.received === before.count.received && after.encoded > before.encoded;
  if (noFrames) return NO_FRAMES_WEIGHT;
  return after.video ? 0 : ALL_DROPPED_WEIGHT;
}

/** The suspicion if the sound that left is in packets that are too small, and much too little. */
function weighReplaced(before: Sample, after: Sample): number {
  const bytes = after.bytes - before.bytes;
  const sealed = after.count.bytes - before.count.bytes;
  const mean = bytes / (after.packets - before.packets);
  if (after.video || !(bytes > 0 && mean < MIN_SEALED_BYTES && bytes < sealed * REPLACED_SHARE))
    return 0;
  return mean >= TONE_BYTES.min && mean <= TONE_BYTES.max ? STOP_THRESHOLD : NO_FRAMES_WEIGHT;
}

/** Whether more and more frames were encoded that never came to the worker. */
function missesFrames(watched: Watched, { packets, encoded }: Sample, { received }: Count) {
  const { span } = watched;
  const begin = (times: number) =>
    void (watched.span = { packets, encoded, received, looks: 0, times });
  if (!span || received < span.received)
    begin(0); // another worker counts from 0
  else if (++span.looks === MISSING.looks) {
    const made = encoded - span.encoded;
    const missing = made - (received - span.received);
    const misses = packets > span.packets && missing > 0 && missing >= made * MISSING.share;
    begin(misses ? span.times + 1 : 0);
  }
  return watched.span?.times === MISSING.times;
}
