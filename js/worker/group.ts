/** This device in the MLS group of a call: takes keys from the MLS module to the core. */
import type { ErrorCode } from "../shared/codes.js";
import { codeOf, SealframeError } from "../shared/errors.js";
import type { Bytes, Epoch, GroupOptions, MemberStats } from "../shared/types.js";
import type { Post } from "../shared/wire.js";
import type { CallCore } from "./call-core.js";
import { Epoch as EpochKeys, isTrap, now } from "./core.js";
import type { CallDevice } from "./call-device.js";
import { GroupRoster, type RefusedEntry } from "./group-roster.js";
import type { EpochTask, GroupTask, SignTask } from "./group-task.js";
import * as mls from "./mls.js";
import { Strangers } from "./strangers.js";

/** The fields that a group needs. */
export interface GroupContext {
  callId: string;
  device: CallDevice;
  options: GroupOptions;
  post: Post;
}

/** The call's reactions to new epochs. */
interface Listener {
  /** Frames of these members may open now. */
  keyed(senders: string[]): void;
  /** We seal with another epoch; `joined` says that somebody is new in it. */
  ownKeyed(joined: boolean): void;
}

/** The module is ticked at least once in this many milliseconds. */
const TICK_MS = 1000;
/** Codes of messages that came twice or too late, or that another way makes up for: no event. */
const HARMLESS = new Set<ErrorCode>(["late-commit", "no-group", "replayed"]);
/** All groups share one instance of the module, so a crash concerns all of them. */
const groups = new Set<Group>();

export class Group {
  readonly #context: GroupContext;
  readonly #core: CallCore;
  readonly #listener: Listener;
  readonly #roster: GroupRoster;
  /** Whether a roster was stated. Until then the device looks for no group. */
  #isStated = false;
  /** Missing after the call ended, and until there is the passphrase that the group needs. */
  #membership: mls.Membership | undefined;
  #closedCode: ErrorCode = "no-group";
  readonly #strangers = new Strangers();
  /** The present epoch. */
  #epoch: Epoch | undefined;
  /** Devices in the epochs that came since we last changed what we seal with. */
  #newcomers = new Set<string>();
  #alarm = 0;

  constructor(context: GroupContext, core: CallCore, listener: Listener) {
    this.#context = context;
    this.#core = core;
    this.#listener = listener;
    this.#roster = new GroupRoster({ id: context.device.id, bundle: context.device.bundle });
  }

  readonly #stateRoster = (membership: mls.Membership, now: number) =>
    membership.set_members(
      this.#roster.listed.map(({ bundle }) => bundle),
      now,
    );

  /** The present epoch, if there is one. */
  get epoch(): Epoch | undefined {
    return this.#epoch;
  }

  /** Fetches the module. */
  load(): Promise<void> {
    return mls.load();
  }

  /** Enters the group, or waits for its passphrase. */
  open() {
    groups.add(this);
    if (!this.#context.options.hasPassphrase) this.#begin();
  }

  /** Enters the group with the 32 bytes that are derived from the call's passphrase. */
  setPassphrase(secret: Bytes) {
    this.#leave();
    this.#drop();
    this.#begin(secret);
  }

  setMembers(bundles: Uint8Array[], ids: (string | undefined)[]): RefusedEntry | undefined {
    const refused = this.#roster.state(bundles, ids);
    this.#isStated ||= !refused;
    // What is removed opens nothing from now on, whatever the group does.
    const kept = this.#roster.listed.map(({ id }) => id);
    if (this.#epoch) this.#core.control((core) => core.keep_members(kept));
    if (this.#membership && this.#isStated) this.#control(this.#stateRoster);
    return refused;
  }

  /** Takes a message. Faults of it are events. */
  receive(bytes: Uint8Array, from: string | undefined) {
    try {
      if (this.#membership) this.#control((membership, now) => membership.receive(bytes, now));
    } catch (error) {
      const code = codeOf(error);
      const isNews = code !== "not-a-member" || this.#strangers.hear(from ?? "", now());
      if (isNews && !HARMLESS.has(code))
        this.#context.post({ type: "error", code, ...(from && { from }) });
    }
  }

  rotate() {
    this.#control((membership, now) => membership.rotate(now));
  }

  tick() {
    this.#inform((membership, now) => membership.tick(now));
  }

  members(): MemberStats[] {
    const kem = this.hybrid ? "mlkem768-p256" : "p256";
    return this.#roster.listed.map(({ id }) => {
      const keyed = this.#epoch?.members.includes(id) ?? false;
      return { id, kem, legacy: false, keyed, acknowledged: keyed };
    });
  }

  /** Whether the group's suite is safe from a quantum computer. */
  get hybrid(): boolean {
    return this.#context.options.suite === "mlkem768-p256";
  }

  /** The core crashed, and all keys in it are gone. `restart()` enters the group again. */
  suspend() {
    this.#epoch = undefined;
    this.#drop();
  }

  /**
   * Leaves the group without a word, and enters it again: nothing of this stay is used again. A
   * passphrase must be given again.
   */
  restart() {
    this.#leave();
    this.#drop();
    if (!this.#context.options.hasPassphrase) this.#begin();
  }

  /** Wipes all secrets of the group. */
  end(code: ErrorCode) {
    this.#drop();
    this.#epoch = undefined;
    this.#closedCode = code;
    groups.delete(this);
    if (groups.size === 0) mls.renew();
  }

  #begin(passphrase?: Bytes) {
    const { callId, device, options } = this.#context;
    const isOrdered = options.broadcast === "ordered";
    const { suite } = options;
    this.#membership = new mls.Membership(
      callId,
      device.bundle,
      suite,
      isOrdered,
      passphrase,
      now(),
    );
    if (this.#isStated) this.#inform(this.#stateRoster);
    this.#wake();
  }

  /** Ends this stay in the group. */
  #drop() {
    clearTimeout(this.#alarm);
    const membership = this.#membership;
    this.#membership = undefined;
    try {
      membership?.close();
      membership?.free();
    } catch {
      // A crashed instance has been wiped.
    }
  }

  /** Calls the module, and does what it asks for, also if it refuses. */
  #control(act: (membership: mls.Membership, now: number) => void) {
    const membership = this.#membership;
    if (!membership) throw new SealframeError(this.#closedCode);
    let refused: unknown;
    try {
      act(membership, now());
    } catch (error) {
      if (isTrap(error)) throw crashed();
      refused = error;
    }
    try {
      while (membership === this.#membership) {
        const task: GroupTask | undefined = membership.poll();
        if (!task) break;
        this.#run(task);
      }
    } catch (error) {
      throw isTrap(error) ? crashed() : error;
    }
    if (refused) throw refused;
  }

  /** Calls the module if it is there. An event reports an error, because nobody waits. */
  #inform(act: (membership: mls.Membership, now: number) => void) {
    try {
      if (this.#membership) this.#control(act);
    } catch (error) {
      this.#context.post({ type: "error", code: codeOf(error) });
    }
  }

  #run(task: GroupTask) {
    switch (task.type) {
      case "epoch":
        return this.#enter(task);
      case "forget":
        return; // the core has the same time limit
      case "left":
        return this.#leave();
      case "refused":
        return this.#context.post({ type: "error", from: task.from, code: task.code });
      case "seal":
        return this.#seal(task.context);
      case "send":
        return this.#send(task.to, task.bytes);
      case "sign":
        return void this.#sign(task);
      case "twice":
        return this.#context.post({ type: "device-twice", device: this.#context.device.id });
      case "wake":
        return this.#wake(task.at);
    }
  }

  /** Gives the core an epoch's keys, and wipes the copy in between. */
  #enter({ epoch, context, width, code, members, leaves, leaf, secret }: EpochTask) {
    const before = this.#epoch?.members ?? [];
    const digits = code.match(/\d{5}/g)?.join(" ") ?? "";
    // A removed device may still have a leaf.
    const named = members.map((id, i) => ({ id, leaf: leaves[i] as number }));
    const known = named.filter(({ id }) => this.#roster.has(id));
    const ids = known.map(({ id }) => id);
    try {
      this.#core.inform((core, now) => {
        const keys = new EpochKeys(epoch, context, width, secret);
        core.enter_epoch(
          keys,
          leaf,
          ids,
          Uint32Array.from(known, (one) => one.leaf),
          now,
        );
      });
    } finally {
      secret.fill(0);
    }
    for (const id of ids) if (!before.includes(id)) this.#newcomers.add(id);
    const isNew = digits !== this.#epoch?.code;
    this.#epoch = { epoch, code: digits, members };
    this.#listener.keyed(ids);
    if (isNew) this.#context.post({ type: "epoch", epoch, code: digits, members });
  }

  #seal(context: number) {
    this.#core.inform((core, now) => core.seal_epoch(context, now));
    const joined = this.#newcomers.size > 0;
    this.#newcomers.clear();
    this.#listener.ownKeyed(joined);
  }

  /** The core forgets all keys of the group. */
  #leave() {
    if (this.#epoch) this.#core.inform((core) => core.leave_group());
    this.#epoch = undefined;
    this.#newcomers.clear();
  }

  /** A message to all is one message to each, unless the transport carries it to all. */
  #send(to: string | undefined, bytes: Bytes) {
    const { options, post } = this.#context;
    const all = options.broadcast ? [""] : this.#roster.listed.map(({ id }) => id);
    for (const id of to === undefined ? all : [to]) post({ type: "message", to: id, bytes });
  }

  /** The device's key, which no script can read, certifies a leaf. */
  async #sign(task: SignTask) {
    const asked = this.#membership;
    const values = await this.#context.device.sign(task).catch(() => undefined);
    // After a restart the tickets are another stay's.
    if (asked !== this.#membership) return;
    this.#inform((membership, now) =>
      values
        ? membership.signed(task.ticket, values[0], now)
        : membership.refused(task.ticket, now),
    );
  }

  /** Ticks the module once a second, and at the times that it asks for. */
  #wake(at = Infinity) {
    const tick = () => {
      this.#wake();
      this.tick();
    };
    clearTimeout(this.#alarm);
    this.#alarm = setTimeout(tick, Math.min(Math.max(at - now(), 0), TICK_MS));
  }

  /** The module crashed, and there is a new instance. */
  recover() {
    this.restart();
    this.#context.post({ type: "restarted", code: "core-restarted" });
  }

  /** The module crashed for good. */
  lose(code: ErrorCode) {
    this.#leave();
    this.#drop();
    this.#closedCode = code;
    this.#context.post({ type: "error", code });
  }
}

/** Starts the module again after a crash, for all groups. Nothing that it held is trusted. */
function crashed(): SealframeError {
  try {
    mls.restart();
    for (const group of groups) group.recover();
  } catch {
    for (const group of groups) group.lose("worker-failed");
    return new SealframeError("worker-failed");
  }
  return new SealframeError("core-restarted");
}
