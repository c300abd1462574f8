/** `sealframe/livekit`: seals what a Room of livekit-client publishes, and opens the rest. */
import { type Bytes, type Call, type CallEvents, SealframeError } from "./index.js";

/** The part of a participant that this module uses. */
export interface LiveKitParticipant {
  readonly identity: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** The part of the local participant that this module uses. */
export interface LiveKitLocalParticipant extends LiveKitParticipant {
  readonly isE2EEEnabled: boolean;
  // biome-ignore lint/suspicious/noExplicitAny: the library types the events of each emitter.
  on(event: any, listener: (...of: any[]) => void): unknown;
  publishData(
    bytes: Bytes,
    options: { reliable: boolean; topic: string; destinationIdentities?: string[] },
  ): Promise<void>;
}

/** The part of a Room of livekit-client that this module uses. */
export interface LiveKitRoom {
  readonly localParticipant: LiveKitLocalParticipant;
  readonly remoteParticipants: ReadonlyMap<string, LiveKitParticipant>;
  // biome-ignore lint/suspicious/noExplicitAny: the library types the events of each emitter.
  on(event: any, listener: (...of: any[]) => void): unknown;
  setE2EEEnabled(enabled: boolean): Promise<void>;
}

export interface LiveKitOptions {
  /**
   * The id of a participant's device, or the participant's name if keys do not come from devices.
   * The application knows it from its roster: LiveKit's server only claims who is who. Undefined
   * until the application knows it.
   */
  deviceOf(participant: LiveKitParticipant): string | undefined;
}

/** A receiver, and what is known of its track. */
interface Subscription {
  receiver: RTCRtpReceiver;
  source: string;
  participant: LiveKitParticipant;
}

// biome-ignore lint/suspicious/noExplicitAny: the library types the listener of each event.
type Listener = (...of: any[]) => void;

/** The topic of our data packets. */
const TOPIC = "sealframe";
/** The library's names of what a manager reports. */
const [ERROR, STATUS] = ["encryptionError", "participantEncryptionStatusChanged"];
/** The library keeps a nonce for its own cipher. Ours is in the sealed bytes. */
const NO_NONCE = 12;
/** A device or participant may be there that was not before. */
const MORE = ["connected", "reconnected", "participantConnected", "participantAttributesChanged"];

/**
 * What a Room takes as `e2ee: { e2eeManager }`. It turns encryption on at once, carries the call's
 * messages in data packets, and labels each track with its source, such as "camera". Faults are the
 * Room's events "encryptionError".
 */
export class LiveKitManager {
  /** Whether our own tracks are published as encrypted. */
  isEnabled = false;
  readonly #call: Call;
  readonly #deviceOf: LiveKitOptions["deviceOf"];
  readonly #listeners = new Map<string, Set<Listener>>();
  /** Receivers whose device is not known yet. */
  readonly #waiting = new Set<Subscription>();
  #room: LiveKitRoom | undefined;

  constructor(call: Call, options: LiveKitOptions) {
    if (typeof call?.addEventListener !== "function")
      throw new SealframeError("bad-argument", "call");
    if (typeof options?.deviceOf !== "function")
      throw new SealframeError("bad-argument", "deviceOf");
    this.#call = call;
    this.#deviceOf = (participant) => options.deviceOf(participant);
  }

  /** Opens tracks whose device `deviceOf` knows only now. Call it when your roster has changed. */
  refresh(): void {
    for (const subscription of [...this.#waiting]) {
      this.#waiting.delete(subscription);
      this.#open(subscription);
    }
    this.#call.reconnected().catch(() => {}); // keys that do not come from devices need no messages
  }

  /** Called by the Room. */
  setup(room: LiveKitRoom): void {
    if (this.#room === room) return;
    if (this.#room) throw new SealframeError("bad-argument", "one manager for each Room");
    this.#room = room;
    const { localParticipant } = room;
    localParticipant.on("localSenderCreated", (sender, { source }) => this.#seal(sender, source));
    room.on("trackSubscribed", ({ receiver }, { source }, participant) =>
      this.#open({ receiver, source, participant }),
    );
    room.on("trackUnsubscribed", ({ receiver }) => this.#forget(receiver));
    room.on("dataReceived", (bytes, participant, _kind, topic) => {
      if (topic === TOPIC) this.#receive(bytes, participant);
    });
    room.on("signalConnected", () =>
      this.setParticipantCryptorEnabled(localParticipant.isE2EEEnabled, localParticipant.identity),
    );
    for (const event of MORE) room.on(event, () => this.refresh());
    this.#call.addEventListener("message", this.#carry);
    // The Room is still in its constructor.
    queueMicrotask(() => room.setE2EEEnabled(true).catch((error) => this.#report(error)));
  }

  /** Called by the Room. The library's own manager learns codecs here. Frames name theirs. */
  setupEngine(): void {}

  /** Called by the Room. Frames that the server makes up are not genuine, so none is rendered. */
  setSifTrailer(): void {}

  /** Called by the Room. */
  setParticipantCryptorEnabled(enabled: boolean, identity: string): void {
    const { localParticipant, remoteParticipants } = this.#room as LiveKitRoom;
    const isLocal = identity === localParticipant.identity;
    if (isLocal) this.isEnabled = enabled;
    const participant = isLocal ? localParticipant : remoteParticipants.get(identity);
    if (participant) this.#emit(STATUS, enabled, participant);
  }

  /** The Room sets it. Key messages would then be sealed with keys that nobody has yet. */
  set isDataChannelEncryptionEnabled(enabled: boolean) {
    if (enabled) throw new SealframeError("bad-argument", "pass e2ee to the Room, not encryption");
  }

  get isDataChannelEncryptionEnabled(): boolean {
    return false;
  }

  /** Seals a frame of a data track. */
  async encryptData(data: Uint8Array) {
    const payload = await this.#call.sealData(data);
    return { uuid: "", payload, iv: new Uint8Array(NO_NONCE), keyIndex: 0 };
  }

  /** Opens a frame of a data track. */
  async handleEncryptedData(payload: Uint8Array, _iv: Uint8Array, identity: string) {
    const participant = this.#room?.remoteParticipants.get(identity);
    const from = participant && this.#deviceOf(participant);
    if (from === undefined) throw new SealframeError("not-a-member");
    return { uuid: "", payload: await this.#call.openData(payload, from) };
  }

  on(event: string, listener: Listener): this {
    const there = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, there.add(listener));
    return this;
  }

  /** Ends the carrying of messages. Sealed senders stay sealed. */
  dispose(): void {
    this.#call.removeEventListener("message", this.#carry);
    this.#listeners.clear();
    this.#waiting.clear();
  }

  /**
   * If this throws, the library does not publish the track. Without encryption it would: as RED,
   * and, when the server asks, a second time in another codec without telling us.
   */
  #seal(sender: RTCRtpSender, source: string) {
    this.#call.seal(sender, { track: source });
    if (this.#room?.localParticipant.isE2EEEnabled) return;
    const cure = "call room.setE2EEEnabled(true) before you publish, and never turn it off";
    const error = new SealframeError("bad-argument", cure);
    this.#report(error);
    throw error;
  }

  /** A receiver that cannot be opened renders nothing, also while its device is not known. */
  #open(subscription: Subscription) {
    const { receiver, source, participant } = subscription;
    const from = this.#deviceOf(participant);
    try {
      this.#call.open(receiver, { from: from as string, track: source });
    } catch (error) {
      if (from === undefined) this.#waiting.add(subscription);
      else this.#report(error, participant.identity);
    }
  }

  #forget(receiver: RTCRtpReceiver) {
    for (const subscription of [...this.#waiting])
      if (subscription.receiver === receiver) this.#waiting.delete(subscription);
  }

  /** A message for a device that is not there is dropped: calls repeat theirs. */
  readonly #carry = ({ to, bytes }: CallEvents["message"]) => {
    const { localParticipant, remoteParticipants } = this.#room as LiveKitRoom;
    const devices = [...remoteParticipants.values()];
    const identities = devices.filter((one) => this.#deviceOf(one) === to);
    if (to !== "" && identities.length === 0) return;
    const destinationIdentities = identities.map(({ identity }) => identity);
    const options = { reliable: true, topic: TOPIC, ...(to !== "" && { destinationIdentities }) };
    localParticipant.publishData(bytes, options).catch(() => {});
  };

  /** Anybody in the room may send us nonsense. An event of the call reports it. */
  #receive(bytes: Uint8Array, participant: LiveKitParticipant | undefined) {
    const from = participant && this.#deviceOf(participant);
    this.#call.receive(bytes, from).catch(({ code }: SealframeError) => {
      if (!this.#call.closed)
        this.#call.dispatchEvent(Object.assign(new Event("error"), { code, from }));
    });
  }

  #report(error: unknown, identity = this.#room?.localParticipant.identity) {
    this.#emit(ERROR, error, identity);
  }

  #emit(event: string, ...of: unknown[]) {
    for (const listener of this.#listeners.get(event) ?? []) listener(...of);
  }
}
