// Devices in an MLS group, with Node's WebCrypto and a network in memory. Each has its media core.
import { readFileSync } from "node:fs";
import { Call, Epoch } from "sealframe/core";
import * as mls from "../../target/glue/mls.js";
import { pass } from "./core.mjs";
import { makeDevice } from "./device.mjs";

const { subtle } = globalThis.crypto;
const ECDSA = { name: "ECDSA", hash: "SHA-256" };
/** Milliseconds between two looks at the clock. */
const STEP = 20;

/** The module's memory. @type {{ memory: WebAssembly.Memory }} */
export const { memory: mlsMemory } = mls.initSync({
  module: readFileSync(new URL(import.meta.resolve("sealframe/mls.wasm"))),
});

/** A call of several devices. Its clock is turned by hand. */
export class World {
  now = 1_000;
  members = [];
  /** Messages on their way: `{ to, bytes }`. */
  #wire = [];

  constructor(suite = "p256") {
    this.suite = suite;
  }

  /** A device enters the call. */
  async enter(device) {
    const member = new Member(this, device ?? (await makeDevice()));
    this.members.push(member);
    return member;
  }

  /** A device is gone, without a word. */
  leave(member) {
    member.close();
    this.members = this.members.filter((other) => other !== member);
  }

  /** Each of these hears that these are in the call. */
  tell(members = this.members) {
    for (const member of members) member.setMembers(members);
  }

  send(to, bytes) {
    this.#wire.push({ to, bytes });
  }

  /** Lets this many milliseconds pass. */
  async run(milliseconds) {
    for (const end = this.now + milliseconds; this.now < end; this.now += STEP) {
      await this.#deliver();
      for (const member of this.members) if (this.now >= member.wake) member.tick();
    }
    await this.#deliver();
  }

  /** Lets time pass until `test` holds. */
  async until(test, longest = 10_000) {
    for (const end = this.now + longest; !test(); ) {
      if (this.now >= end) throw new Error("it takes too long");
      await this.run(STEP);
    }
  }

  /** Waits until these are in one epoch, all seal with it, and nobody else is in it. */
  async untilOneGroup(members = this.members) {
    const ids = members.map(({ id }) => id).sort();
    const same = ({ epoch, sealing }) =>
      epoch?.code === members[0].epoch?.code &&
      sealing === epoch?.context &&
      epoch?.members.toSorted().join() === ids.join();
    await this.until(() => members.every(same));
  }

  async #deliver() {
    do {
      for (const { to, bytes } of this.#wire.splice(0))
        for (const member of this.members) if (member.id === to) member.receive(bytes);
      await Promise.all(this.members.map((member) => member.signed()));
    } while (this.#wire.length > 0);
  }
}

/** A device with its membership, and its media core. */
export class Member {
  wake = 0;
  /** The present epoch, without its secret. */
  epoch = undefined;
  /** The context that it seals with. */
  sealing = undefined;
  /** Copies of the secrets of its epochs, the oldest first. */
  secrets = [];
  /** Codes of messages that it refused, and of those that it reports later. */
  refused = [];
  #signing = [];
  #streams = new Map();

  constructor(world, device) {
    Object.assign(this, { world, ...device });
    this.core = new Call("room", this.id, undefined, undefined, 1, world.now);
    const {
      bundle,
      world: { suite, now },
    } = this;
    this.membership = new mls.Membership("room", bundle, suite, false, undefined, now);
  }

  setMembers(members) {
    this.roster = members.map(({ id }) => id);
    this.#act(
      "set_members",
      members.map(({ bundle }) => bundle),
    );
    if (this.epoch) this.core.keep_members(this.roster);
  }

  /** Takes a message. Returns the code if it is refused. */
  receive(bytes) {
    try {
      this.#act("receive", bytes);
      return undefined;
    } catch (error) {
      this.refused.push(error.code ?? error);
      return error.code;
    }
  }

  rotate() {
    this.#act("rotate");
  }

  tick() {
    this.wake = this.world.now + 1_000;
    this.core.tick(this.world.now);
    this.#act("tick");
  }

  /** Does what the device's key was asked for. */
  async signed() {
    for (const { ticket, bytes } of this.#signing.splice(0)) {
      const signature = await subtle.sign(ECDSA, this.signing.privateKey, bytes);
      this.#act("signed", ticket, new Uint8Array(signature));
    }
  }

  seal(frame, track = "mic") {
    const stream = this.#stream(track, () => this.core.seal_stream(1, track));
    return pass(this.core, "seal", stream, "audio/opus", frame);
  }

  /** The frame, or the code of the error. */
  open(wire, { id }, track = "mic") {
    const stream = this.#stream(id + track, () => this.core.open_stream(1, id, track));
    return pass(this.core, "open", stream, "audio/opus", wire);
  }

  close() {
    this.membership.close();
    this.membership.free();
    this.core.close();
    this.core.free();
  }

  #stream(name, make) {
    if (!this.#streams.has(name)) this.#streams.set(name, make());
    return this.#streams.get(name);
  }

  #act(verb, ...values) {
    try {
      this.membership[verb](...values, this.world.now);
    } finally {
      for (let task; (task = this.membership.poll()); ) this.#do(task);
    }
  }

  #do(task) {
    const { world, id } = this;
    if (task.type === "send")
      for (const to of task.to ? [task.to] : this.roster) if (to !== id) world.send(to, task.bytes);
    if (task.type === "sign") this.#signing.push(task);
    if (task.type === "wake") this.wake = task.at;
    if (task.type === "refused") this.refused.push(task.code);
    if (task.type === "epoch") this.#enter(task);
    if (task.type === "seal") {
      this.core.seal_epoch(task.context, world.now);
      this.sealing = task.context;
    }
    if (task.type === "left") {
      this.core.leave_group();
      this.epoch = this.sealing = undefined;
    }
  }

  #enter({ secret, ...epoch }) {
    this.epoch = epoch;
    this.secrets.push(Buffer.from(secret));
    const keys = new Epoch(epoch.epoch, epoch.context, epoch.width, secret);
    const { leaf, members, leaves } = epoch;
    this.core.enter_epoch(keys, leaf, members, Uint32Array.from(leaves), this.world.now);
    secret.fill(0);
  }
}
