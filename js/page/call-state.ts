/** The page's record of a call, from which the next worker continues the call. */
import { codeOf, SealframeError } from "../shared/errors.js";
import { transformOptions } from "../shared/messages.js";
import type { ErrorCode, StopCode } from "../shared/codes.js";
import type {
  Answer,
  Ask,
  Attachment,
  CallRequestType,
  Fields,
  Joined,
  News,
} from "../shared/wire.js";
import {
  deactivateEncodings,
  detachTrack,
  isOver,
  isSender,
  protect,
  setTransform,
  type Target,
} from "./protect.js";
import { RosterLog } from "./roster-log.js";
import type { Supervisor } from "./supervisor.js";

/** The last attachment id of this page. */
let lastAttachmentId = 0;
/** This RTP header extension carries samples of the picture, in plaintext. */
const PICTURE_SAMPLES = "http://www.webrtc.org/experiments/rtp-hdrext/corruption-detection";
/** At most this many receivers may open a track at a time: the core has as many replay windows. */
const MAX_RECEIVERS = 8;

/** Options of `seal()` and `open()`, unchecked, and what the call adds to them. */
export interface AttachOptions {
  direction: "seal" | "open";
  kind: string;
  from: string;
  track?: string;
  codec?: string;
}

export class CallState {
  /** Dispatches an event on the public call. */
  onevent: (event: Event) => void = () => {};
  /** Whether the application closed the call. */
  closedByUser = false;
  /** The number of the call in this page. */
  readonly call: number;
  readonly joined: Joined;
  /** Makes the page forget this call. */
  readonly forget: () => void;
  readonly #supervisor: Supervisor;
  /** By attachment id. Held weakly: the application need not unregister a sender it drops. */
  readonly #attachments = new Map<number, { ref: WeakRef<Target>; attachment: Attachment }>();
  readonly #rosters = new RosterLog();
  /** Senders whose tones are watched. */
  readonly #toned = new WeakSet<Target>();
  /** Why the next worker refused this call; empty if it did not. */
  #refused: ErrorCode | "" = "";

  constructor(supervisor: Supervisor, call: number, joined: Joined, forget: () => void) {
    this.#supervisor = supervisor;
    this.call = call;
    this.joined = joined;
    this.forget = forget;
  }

  /** Why the call takes no more requests; empty while it does. */
  get broken(): ErrorCode | "" {
    return this.#refused || this.#supervisor.rpc.broken;
  }

  /** Why no frame will ever pass again; empty while frames may. */
  get #closedCode(): ErrorCode | "" {
    return this.closedByUser ? "call-closed" : this.broken;
  }

  /** Whether no frame will ever pass again, so that another call may take the targets. */
  get closed(): boolean {
    return this.#closedCode !== "";
  }

  /** How often another worker took over. */
  get restarts(): number {
    return this.#supervisor.restarts;
  }

  /** Takes news from the worker. */
  hear(news: News) {
    if (news.type === "key-frame") return this.#makeKeyFrame(news.attachmentId);
    if (news.type === "codecs") {
      this.sendCodecs(news.attachmentId).catch(() => {}); // the worker asks again
      return;
    }
    if (news.type === "state") return this.#hearState(news);
    const { type, ...fields } = news;
    this.onevent(Object.assign(new Event(type), fields));
  }

  /** Sends a request of this call. */
  async ask<T extends CallRequestType>(
    type: T,
    fields: Omit<Fields<T>, "call">,
  ): Promise<Answer<T>> {
    if (this.#refused) throw new SealframeError(this.#refused);
    let sent: Fields<T> | undefined;
    const all = { ...fields, call: this.call } as Fields<T>;
    const answer = this.#supervisor.rpc.ask(type, all, (copy) => (sent = copy));
    if (type === "members") await this.#rosters.add(sent as Fields<"members">, answer as Answers);
    return answer;
  }

  /** Protects a sender or receiver, or throws. */
  attach(target: Target, options: () => AttachOptions) {
    const replaces = this.#attachmentIdOf(target);
    let attachment: Attachment | undefined;
    const prepare = () => {
      const code = this.#closedCode;
      if (code) throw new SealframeError(code);
      const { call, again, ...checked } = this.#check(options(), replaces);
      this.#checkOthers(target, checked);
      attachment = checked;
      return this.#supervisor.connect({ ...checked, call, again });
    };
    protect(target, this, prepare, () => this.#supervisor.blackHole());
    if (replaces !== undefined) this.drop(replaces);
    if (attachment)
      this.#attachments.set(attachment.attachmentId, { ref: new WeakRef(target), attachment });
    this.#watchTones(target);
  }

  /** Calls `act` for every target that still exists. */
  each(act: (target: Target, attachment: Attachment) => void) {
    for (const { ref, attachment } of this.#attachments.values()) {
      const target = ref.deref();
      if (target) act(target, attachment);
      else this.drop(attachment.attachmentId);
    }
  }

  holds({ attachmentId }: Attachment): boolean {
    return this.#attachments.has(attachmentId);
  }

  /** Forgets an attachment, here and in the worker. */
  drop(attachmentId: number) {
    this.#attachments.delete(attachmentId);
    this.ask("left", { attachmentId }).catch(() => {}); // a new worker does not know it
  }

  /** Tells a new worker of this call. If the worker refuses it, the call ends. */
  async rejoin(ask: Ask): Promise<void> {
    const { call } = this;
    try {
      await ask("join", { ...this.joined, call });
    } catch (error) {
      const code = codeOf(error);
      if (this.#supervisor.rpc.broken || code === "worker-restarted") throw error;
      this.#refused = code;
      this.forget();
      return this.hear({ type: "error", code });
    }
    await this.#rosters.restate((roster) => ask("members", { ...roster, call }));
    this.each((target, attachment) => this.renew(target, attachment));
  }

  /**
   * Sets a new transform of the present worker. A target of a closed connection keeps its dead
   * worker, and so does one with streams, which exist once. Neither passes a frame.
   */
  renew(target: Target, attachment: Attachment) {
    try {
      const options = { ...attachment, call: this.call, again: true };
      setTransform(target, this.#supervisor.connect(options)());
    } catch {
      // The watchdog tries again.
    }
  }

  /**
   * Stops a sender that leaks: a new transform of ours, no track, no active encoding. Each of the
   * three is enough in some browser.
   */
  stop(sender: RTCRtpSender, attachment: Attachment, code: StopCode) {
    detachTrack(sender, code);
    this.renew(sender, attachment);
    deactivateEncodings(sender, code);
    const { attachmentId, replaces, codec, ...labels } = attachment;
    this.ask("stopped", { attachmentId, code }).catch(() => {});
    const fields = { ...labels, code, rtpSender: sender };
    this.onevent(Object.assign(new Event("leak-stopped"), fields));
  }

  /** Stops a sender whose packets may carry samples of the picture in their headers. */
  checkExtensions(
    sender: RTCRtpSender,
    attachment: Attachment,
    { headerExtensions } = sender.getParameters(),
  ) {
    if (headerExtensions?.some(({ uri }) => uri === PICTURE_SAMPLES))
      this.stop(sender, attachment, "header-extension");
  }

  /** Sends the worker what the payload types of this sender or receiver mean. */
  async sendCodecs(attachmentId: number) {
    const target = this.#attachments.get(attachmentId)?.ref.deref();
    const codecs = target?.getParameters().codecs ?? [];
    const types = codecs.map(({ payloadType }) => payloadType);
    const mimes = codecs.map(({ mimeType }) => mimeType);
    await this.ask("codecs", { attachmentId, types, mimes });
  }

  /** Chromium (156) has no `generateKeyFrame()`. Other browsers reject or ignore this argument. */
  #makeKeyFrame(attachmentId: number) {
    const known = this.#attachments.get(attachmentId);
    const sender = known?.ref.deref();
    if (!known || !isSender(sender)) return;
    const parameters = sender.getParameters();
    const encodingOptions = parameters.encodings.map(() => ({ keyFrame: true }));
    (sender as KeyFrameSender).setParameters(parameters, { encodingOptions }).catch(() => {});
    // A negotiation since the last look may have left the codec as it was.
    this.checkExtensions(sender, known.attachment, parameters);
  }

  /** Names the object, because several may have the same labels. One that is gone has no state. */
  #hearState({ type, attachmentId, ...fields }: Extract<News, { type: "state" }>) {
    const target = this.#attachments.get(attachmentId)?.ref.deref();
    const named = isSender(target) ? { rtpSender: target } : { rtpReceiver: target };
    if (target) this.onevent(Object.assign(new Event(type), fields, named));
  }

  #check({ from: sender, track = "", ...options }: AttachOptions, replaces: number | undefined) {
    const { call } = this;
    const attachmentId = ++lastAttachmentId;
    const fields = { call, attachmentId, again: false, replaces, sender, track };
    return transformOptions({ ...options, ...fields });
  }

  /**
   * A tone that played when the sender was sealed is in no buffer, and leaves in plaintext. The
   * browser fires "tonechange" when a tone begins or ends. Then the sender is stopped.
   */
  #watchTones(target: Target) {
    if (this.#toned.has(target) || !isSender(target)) return;
    this.#toned.add(target);
    target.dtmf?.addEventListener("tonechange", () => {
      if (this.closed) return;
      this.each(
        (sender, attachment) => sender === target && this.stop(target, attachment, "leak-stopped"),
      );
    });
  }

  #attachmentIdOf(target: Target): number | undefined {
    return [...this.#attachments].find(([, { ref }]) => ref.deref() === target)?.[0];
  }

  /** Checks what other targets with the same labels allow. */
  #checkOthers(target: Target, { direction, kind, sender, track }: Attachment) {
    const others: Target[] = [];
    this.each((other, labels) => {
      const same =
        labels.direction === direction &&
        labels.kind === kind &&
        labels.sender === sender &&
        labels.track === track;
      if (same && other !== target && !isOver(other)) others.push(other);
    });
    if (direction === "open" && others.length >= MAX_RECEIVERS)
      throw new SealframeError("too-many-receivers");
    // Receivers could not tell two tracks without a label apart.
    const carriesAnother = ({ track: media }: Target) =>
      media && media.readyState === "live" && target.track && media !== target.track;
    if (direction === "seal" && track === "" && others.some(carriesAnother))
      throw new SealframeError("bad-argument", "track");
  }
}

type Answers = Promise<Answer<"members">>;

/** A sender of Chromium, whose `setParameters()` takes options for each encoding. */
interface KeyFrameSender {
  setParameters(
    parameters: RTCRtpSendParameters,
    options: { encodingOptions: { keyFrame: boolean }[] },
  ): Promise<void>;
}
