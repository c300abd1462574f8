/**
 * Sees that a protected sender sends only what the worker sealed. At each pulse of the worker the
 * packets that left are compared with the frames that the worker passed on. A sender that sends
 * without frames is stopped, within four pulses, which is less than a second (leak-judge.ts). That is
 * how a lost transform is noticed, if the browser or a script of the page took it away.
 *
 * The watchdog also sees that the worker has every transform. After a restart Chromium 156
 * sometimes fails to deliver a transform to the new worker, and no frames flow. The worker counts
 * the transforms that it got.
 */
import type { Attachment, Count, Counts } from "../shared/wire.js";
import type { CallState } from "./call-state.js";
import { FlowWatchdog } from "./flow-watchdog.js";
import { LeakJudge } from "./leak-judge.js";
import { isOver, isSender, type Target } from "./protect.js";
import { sentSoFar } from "./sample.js";

interface Watched {
  readonly attachmentId: number;
  readonly judge: LeakJudge;
  /** Whether a report is on its way. */
  busy: boolean;
}

/** After this many pulses without a count of a target, its transform is set again. */
const RENEW_AFTER_PULSES = 10;
/** The counts of a transform that the worker did not get. */
const NOTHING: Count = { received: 0, forwarded: 0, bytes: 0 };

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
    // A sender that is sealed again starts without suspicion: its counts begin at 0.
    const { attachmentId } = attachment;
    const old = this.#watched.get(target);
    const isSame = old?.attachmentId === attachmentId;
    const watched = isSame ? old : { attachmentId, judge: new LeakJudge(), busy: false };
    this.#watched.set(target, watched);
    if (watched.busy || !target.transport) return;
    watched.busy = true;
    try {
      const count = this.#counts.get(attachmentId) ?? NOTHING;
      const report = await target.getStats();
      // Pulses may have queued for a busy page. This is counted after the packets have left.
      const last = await call.ask("count", { attachmentId });
      if (!call.holds(attachment)) return; // sealed again, or gone
      const sample = { ...sentSoFar(report), count };
      if (watched.judge.isLeaking(sample, last ?? NOTHING))
        call.stop(target, attachment, "leak-stopped");
      if (last)
        this.#flow.checkSender(call, target, attachment, { ...sample, count: last }, report);
    } catch {
      // Another worker begins, or the call is over.
    } finally {
      watched.busy = false;
    }
  }

  #renewIfSilent(call: CallState, target: Target, attachment: Attachment) {
    const known = this.#counts.has(attachment.attachmentId);
    const silent = known ? 0 : (this.#silent.get(target) ?? 0) + 1;
    this.#silent.set(target, silent % RENEW_AFTER_PULSES);
    if (silent === RENEW_AFTER_PULSES) call.renew(target, attachment);
  }
}
