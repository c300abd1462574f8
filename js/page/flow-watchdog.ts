/**
 * Sees that frames get somewhere after the worker. If they do not, the stream's state is `failing`.
 *
 * `packetization-mode`: in single NAL unit mode (RFC 6184 §6.2) each NAL unit is one packet. A
 * sealed frame is one NAL unit, which is mostly larger than a packet, so the browser sends nothing.
 * `not-sent`: sealed frames do not become packets for another reason.
 *
 * When a sender is negotiated, and after each negotiation that changed its codec, it sends the
 * worker what the payload types of sound mean, and stops a picture whose packets would show it. It
 * calls `sender.getParameters()` only then: each call makes a `setParameters()` fail that the
 * application has begun (Chromium 156).
 */
import type { FaultCode } from "../shared/codes.js";
import type { Attachment } from "../shared/wire.js";
import type { CallState } from "./call-state.js";
import type { Target } from "./protect.js";
import type { Sample } from "./sample.js";

interface Codec {
  mimeType: string;
  payloadType?: number;
  sdpFmtpLine?: string;
}

/** The start of a comparison between sealed and sent bytes. */
interface Span {
  frames: number;
  sealed: number;
  sent: number;
  /** Pulses since the start. */
  looks: number;
}

interface Seen {
  attachmentId: number;
  looks: number;
  /** The codecs when the sender was last looked at, as one text. */
  codec: string;
  lastReported: FaultCode | "";
  stuck: boolean;
  span?: Span;
}

/** A span has at least this many pulses (of 200 ms) and frames; this share must have been sent. */
const SPAN = { looks: 25, frames: 20, share: 1 / 2 };
/** A receiver is checked once in this many pulses. */
const RECEIVER_PULSES = 5;

export class FlowWatchdog {
  #seen = new WeakMap<Target, Seen>();

  /** Another worker knows nothing that was reported. */
  restart() {
    this.#seen = new WeakMap();
  }

  /** `report` is what `sample` was read from. */
  checkSender(
    call: CallState,
    sender: RTCRtpSender,
    attachment: Attachment,
    sample: Sample,
    report: RTCStatsReport,
  ) {
    const seen = this.#seenOf(sender, attachment);
    const { codec, single } = negotiated(report);
    if (codec && codec !== seen.codec) {
      // Frames that another codec did not send say nothing about this one.
      Object.assign(seen, { codec, stuck: false, span: undefined });
      if (attachment.kind === "video") call.checkExtensions(sender, attachment);
      else call.sendCodecs(seen.attachmentId).catch(() => (seen.codec = ""));
    }
    compare(seen, isConnected(sender), sample);
    tell(call, seen, single ? "packetization-mode" : seen.stuck ? "not-sent" : "");
  }

  async checkReceiver(call: CallState, receiver: RTCRtpReceiver, attachment: Attachment) {
    const seen = this.#seenOf(receiver, attachment);
    if (attachment.kind !== "video" || seen.looks++ % RECEIVER_PULSES !== 0) return;
    const report = await receiver.getStats().catch(() => undefined);
    // Until packets arrive, only the first negotiated codec is known.
    const codec = arriving(report) ?? receiver.getParameters().codecs?.[0];
    tell(call, seen, isSingleUnit(codec) ? "packetization-mode" : "");
  }

  #seenOf(target: Target, { attachmentId }: Attachment): Seen {
    const before = this.#seen.get(target);
    if (before?.attachmentId === attachmentId) return before;
    const seen: Seen = { attachmentId, looks: 0, codec: "", lastReported: "", stuck: false };
    this.#seen.set(target, seen);
    return seen;
  }
}

/** The codec of the packets that arrive. */
function arriving(report: RTCStatsReport | undefined): Codec | undefined {
  const all = report ? [...report.values()] : [];
  const inbound = all.find(({ type, codecId }) => type === "inbound-rtp" && codecId);
  return inbound && report?.get(inbound.codecId);
}

/**
 * Whether the codec is H.264 in single NAL unit mode. Without `packetization-mode` the mode is 0
 * (RFC 6184 §8.1). If there are no parameters at all, the browser may not list them.
 */
function isSingleUnit(codec: Codec | undefined): boolean {
  if (!/^video\/h264$/i.test(codec?.mimeType ?? "") || codec?.sdpFmtpLine === undefined)
    return false;
  return !/(^|;)\s*packetization-mode\s*=\s*[12]/i.test(codec.sdpFmtpLine);
}

/** The codecs of all layers as one text, and whether one is in single NAL unit mode. */
function negotiated(report: RTCStatsReport) {
  // Layers come and go with the bandwidth, and mostly have the same codec.
  const codecs = new Set<string>();
  let single = false;
  report.forEach((stats) => {
    if (stats.type !== "outbound-rtp") return;
    const codec: Codec | undefined = report.get(stats.codecId);
    if (codec) codecs.add(`${codec.payloadType} ${codec.mimeType} ${codec.sdpFmtpLine ?? ""}`);
    single ||= isSingleUnit(codec);
  });
  return { codec: [...codecs].sort().join(), single };
}

/** Without a connection, packets may wait. */
function isConnected({ transport }: Target): boolean {
  return (
    transport?.state === "connected" &&
    /^(connected|completed)$/.test(transport.iceTransport?.state ?? "")
  );
}

function compare(seen: Seen, connected: boolean, { bytes: sent, count }: Sample) {
  const { forwarded: frames, bytes: sealed } = count;
  const begin = () => void (seen.span = { frames, sealed, sent, looks: 0 });
  const { span } = seen;
  if (!connected) seen.stuck = false;
  if (!span || !connected || frames < span.frames) return begin();
  if (++span.looks < SPAN.looks || frames - span.frames < SPAN.frames) return;
  seen.stuck = sent - span.sent < (sealed - span.sealed) * SPAN.share;
  begin();
}

function tell(call: CallState, seen: Seen, code: FaultCode | "") {
  if (seen.lastReported === code) return;
  seen.lastReported = code;
  const { attachmentId } = seen;
  call.ask("fault", { attachmentId, code }).catch(() => (seen.lastReported = ""));
}
