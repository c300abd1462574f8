/** One call in the worker: its requests, its roster and its streams. */
import type { ErrorCode } from "../shared/codes.js";
import { codeOf, SealframeError } from "../shared/errors.js";
import type { Labels, MemberStats, Stats } from "../shared/types.js";
import type {
  Answer,
  CallRequestType,
  Counts,
  Fields,
  RosterRefusal,
  TransformOptions,
} from "../shared/wire.js";
import { argon2 } from "./argon2.js";
import { CallCore, type Context, coreRestarts } from "./call-core.js";
import { deviceId } from "./core.js";
import { Group } from "./group.js";
import { pump } from "./pump.js";
import { Stream } from "./stream.js";
import type { KeyFrameSource, Transformer } from "./transformer.js";
import { inTurn } from "./turns.js";

/** A method for each request to a call. */
type Handlers = {
  [T in CallRequestType]: (fields: Fields<T>) => Answer<T> | Promise<Answer<T>>;
};

/** The core's name for the suite of a hybrid device. */
const HYBRID = "mlkem768-p256";
/** The counters of at most this many ended tracks are kept, in case the tracks return. */
const MAX_ENDED = 64;

export class Call implements Handlers {
  readonly #context: Context;
  readonly #core: CallCore;
  /** Gives the core its keys, if the call has an MLS group. */
  readonly #group: Group | undefined;
  /** Releases the device, which may then enter the call elsewhere. */
  readonly #release: () => void;
  /** By attachment id. */
  readonly #streams = new Map<number, Stream>();
  /** Streams whose sender or receiver is gone, in the order in which they ended. */
  #ended: Stream[] = [];
  /** The roster in force, for the next core. */
  #roster: { bundles: Uint8Array[]; ids: (string | undefined)[] } | undefined;
  /** Ids of devices without hybrid keys, as the page heard last. */
  #lastClassic: string | undefined;
  #knownIds = new Set<string>();
  /** Whether somebody has joined since our key last changed. */
  #joined = false;
  /** Counts passphrases: the newest counts, not the one whose key is found last. */
  #passphrases = 0;

  private constructor(context: Context, release: () => void) {
    this.#context = context;
    this.#release = release;
    this.#core = new CallCore(context, {
      keyed: (sender) => this.#keyed(sender),
      ownKeyed: () => this.#ownKeyed(),
      crashed: () => this.#crashed(),
      restored: () => this.#restored(),
    });
    const { callId, device, group: options, post } = context;
    if (!device || !options) return;
    this.#group = new Group({ callId, device, options, post }, this.#core, {
      keyed: (senders) => senders.forEach((sender) => this.#keyed(sender)),
      ownKeyed: (joined) => this.#ownKeyed(joined),
    });
  }

  static async open(context: Context, release: () => void): Promise<Call> {
    const call = new Call(context, release);
    await call.#group?.load();
    await call.#core.open();
    call.#group?.open();
    return call;
  }

  /** Attaches a sender or receiver, and passes its frames. */
  attach(options: TransformOptions, transformer: Transformer) {
    const stream = this.bind(options, transformer);
    pump(transformer, stream, stream.count).catch(() => {});
  }

  /** The stream of a sender or receiver. The transformer is asked for key frames. */
  bind(options: TransformOptions, transformer: KeyFrameSource): Stream {
    const { call, attachmentId, again, replaces, codec, ...labels } = options;
    if (replaces !== undefined) this.left({ call, attachmentId: replaces });
    const stream = this.#streams.get(attachmentId) ?? this.#newStream(attachmentId, labels);
    this.#streams.set(attachmentId, stream);
    stream.attach(transformer, again, codec);
    return stream;
  }

  /** If a track returns, its new stream goes on with the counters of the old one. */
  #newStream(attachmentId: number, labels: Labels): Stream {
    const at = this.#ended.findIndex((stream) => stream.isOf(labels));
    const [before] = at < 0 ? [] : this.#ended.splice(at, 1);
    return new Stream(attachmentId, labels, this.#core, this.#context.post, before);
  }

  keys({ senders, keys }: Fields<"keys">) {
    if (this.#group) throw new SealframeError("bad-argument", "keys");
    this.#core.control((core, now) => core.set_keys(senders, keys, now));
    this.#ownKeyed();
    for (const sender of senders) this.#keyed(sender);
  }

  async passphrase({ passphrase }: Fields<"passphrase">) {
    const { group } = this.#context;
    if (group && !group.hasPassphrase) throw new SealframeError("bad-argument", "passphrase");
    const number = ++this.#passphrases;
    const key = await argon2("call_key", passphrase, this.#context.callId);
    try {
      if (number !== this.#passphrases) return;
      if (this.#group) return this.#group.setPassphrase(key);
      this.#core.control((core, now) => core.set_call_key(key, now));
    } finally {
      key.fill(0);
    }
    this.#ownKeyed();
    const senders = new Set([...this.#streams.values()].map(({ labels }) => labels.sender));
    for (const sender of senders) this.#keyed(sender);
  }

  async members({ bundles, ids, owners, names }: Fields<"members">) {
    const { device, post, self } = this.#context;
    const devices = bundles.map(idOf);
    this.#joined ||= devices.some((id) => !this.#knownIds.has(id));
    const refused = this.#setRoster(bundles, ids);
    const members = this.#members();
    this.#knownIds = new Set([self, ...members.map(({ id }) => id)]);
    this.#reportSuite(members);
    if (refused) return refused;
    const persons = names.map((name) => ({ name, devices: [] as string[] }));
    devices.forEach((id, i) => persons[owners[i] ?? -1]?.devices.push(id));
    // The roster is in force already, and does not wait for the storage.
    device?.recordKnownDevices(persons, post);
    return undefined;
  }

  /** States the roster. If the core crashes, the next one gets it. Returns what was refused. */
  #setRoster(bundles: Uint8Array[], ids: (string | undefined)[]): RosterRefusal | undefined {
    const before = this.#roster;
    this.#roster = { bundles, ids };
    let refused: RosterError | undefined;
    try {
      refused = this.#group
        ? this.#group.setMembers(bundles, ids)
        : this.#core.control((core, now) => refusal(() => core.set_members(bundles, ids, now)));
    } catch (error) {
      if (codeOf(error) === "core-restarted") return undefined;
      this.#roster = before;
      throw error;
    }
    if (!refused) return undefined;
    const there = new Set(this.#members().map(({ id }) => id));
    const stay = before?.bundles.filter((bundle) => there.has(deviceId(bundle))) ?? [];
    this.#roster = { bundles: stay, ids: [] };
    return { code: refused.code, index: refused.index, bundles: stay };
  }

  receive({ bytes, from }: Fields<"receive">) {
    const drop = () => this.#context.post({ type: "error", code: "too-many-messages", from });
    const take = this.#group
      ? () => this.#group?.receive(bytes, from)
      : () => this.#core.control((core, now) => core.receive(bytes, from, now));
    return inTurn(take, drop);
  }

  sealData({ bytes, to }: Fields<"sealData">) {
    return this.#core.control((core) => core.seal_data(bytes, to)) as Answer<"sealData">;
  }

  openData({ bytes, from }: Fields<"openData">) {
    return this.#core.control((core) => core.open_data(bytes, from)) as Answer<"openData">;
  }

  reconnected() {
    if (this.#group) this.#group.tick();
    else this.#core.control((core, now) => core.reconnected(now));
  }

  rotate() {
    if (this.#group) this.#group.rotate();
    else this.#core.control((core, now) => core.rotate(now));
  }

  stopped({ attachmentId, code }: Fields<"stopped">) {
    this.#streams.get(attachmentId)?.stop(code);
  }

  codecs({ attachmentId, types, mimes }: Fields<"codecs">) {
    const stream = this.#streams.get(attachmentId);
    // A receiver without a list knows no payload type, and must not take one from a server.
    if (types.length > 0 || stream?.labels.direction === "seal") stream?.types.take(types, mimes);
  }

  fault({ attachmentId, code }: Fields<"fault">) {
    this.#streams.get(attachmentId)?.fault(code);
  }

  count({ attachmentId }: Fields<"count">) {
    return this.#streams.get(attachmentId)?.count;
  }

  left({ attachmentId }: Fields<"left">) {
    const stream = this.#streams.get(attachmentId);
    if (!stream) return;
    this.#streams.delete(attachmentId);
    this.#ended = [...this.#ended, stream].slice(-MAX_ENDED);
    this.#core.inform(() => stream.leave());
  }

  stats(): Stats {
    const streams = [...this.#ended, ...this.#streams.values()].map((stream) => stream.stats());
    const members = this.#members();
    const classic = this.#classicIds(members);
    const hybrid = this.#context.device && classic.length === 0;
    const epoch = this.#group?.epoch;
    return { streams, members, hybrid, classic, epoch, restarts: coreRestarts() };
  }

  close() {
    this.end("call-closed");
  }

  end(code: ErrorCode) {
    this.#group?.end(code);
    this.#core.end(code);
    this.#release();
  }

  /** Counts of senders and receivers, if they changed since the last call. */
  counts(): Counts {
    const counts: Counts = {};
    for (const [id, stream] of this.#streams) {
      const count = stream.takeCount();
      if (count) counts[id] = count;
    }
    return counts;
  }

  /** The members, as the core has them now. */
  #members(): MemberStats[] {
    return this.#group?.members() ?? this.#core.core?.members() ?? [];
  }

  /** Ids of members without hybrid keys, and of this device if it has none. */
  #classicIds(members: MemberStats[]): string[] {
    const { device, self } = this.#context;
    const { hybrid } = this.#group ?? device ?? {};
    const others = members.filter(({ kem }) => kem !== HYBRID).map(({ id }) => id);
    return !device || hybrid ? others : [self, ...others];
  }

  #reportSuite(members: MemberStats[]) {
    const classic = this.#classicIds(members);
    if (this.#lastClassic === classic.join()) return;
    this.#lastClassic = classic.join();
    this.#context.post({ type: "post-quantum", hybrid: classic.length === 0, classic });
  }

  /** Video tracks that lost frames without this key ask for one key frame each. */
  #keyed(from: string) {
    for (const stream of this.#streams.values())
      if (stream.labels.direction === "open" && stream.labels.sender === from) stream.keyed();
  }

  /** Our key changed: a device that has seen no frame of ours, or missed one, needs a key frame. */
  #ownKeyed(joined = this.#joined) {
    for (const stream of this.#streams.values())
      if (stream.labels.direction === "seal") stream.keyed(joined);
    this.#joined = false;
  }

  #crashed() {
    this.#group?.suspend();
    for (const { state } of this.#streams.values())
      state.become("waiting-for-key", "core-restarted");
  }

  #restored() {
    if (this.#group) return this.#group.restart();
    const roster = this.#roster;
    if (roster) this.#core.inform((core, now) => core.set_members(roster.bundles, roster.ids, now));
  }
}

/** The core's error on a roster with an invalid entry. */
interface RosterError {
  code: ErrorCode;
  index: number;
}

/** The error that names a refused entry. Other errors are thrown. */
function refusal(act: () => void): RosterError | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    if ((error as Partial<RosterError>).index === undefined) throw error;
    return error as RosterError;
  }
}

/** The id of the device with this bundle; empty if the bundle is invalid. */
function idOf(bundle: Uint8Array): string {
  try {
    return deviceId(bundle);
  } catch {
    return "";
  }
}
