/** Reads from the browser's statistics what a sender has sent. */
import type { Count } from "../shared/wire.js";

/** The totals of a sender so far, over all layers of a simulcast. */
export interface Sent {
  packets: number;
  /** Payload bytes without retransmissions. */
  bytes: number;
  /**
   * Encoded frames. For sound this is the number of sent bytes, because browsers count no encoded
   * frames of sound.
   */
  encoded: number;
  video: boolean;
}

/** The totals of a sender, and the worker's counts when the totals were asked for. */
export interface Sample extends Sent {
  count: Count;
}

export function sentSoFar(report: RTCStatsReport): Sent {
  const sent = { packets: 0, bytes: 0, encoded: 0, video: false };
  report.forEach((stats) => {
    if (stats.type !== "outbound-rtp") return;
    sent.packets += (stats.packetsSent ?? 0) - (stats.retransmittedPacketsSent ?? 0);
    sent.bytes += (stats.bytesSent ?? 0) - (stats.retransmittedBytesSent ?? 0);
    sent.video ||= stats.framesEncoded !== undefined;
    sent.encoded += stats.framesEncoded ?? stats.bytesSent ?? 0;
  });
  return sent;
}
