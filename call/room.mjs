// All pages of one call.
import { randomUUID } from "node:crypto";
import { GUEST } from "../harness/rabbitmq.mjs";
import { sleep } from "../harness/sleep.js";
import { MemberPage } from "./member-page.mjs";
import { gapOf, problems, result } from "./result.mjs";
import { until } from "./until.mjs";

/** Milliseconds for which a call is steady before something happens. */
const STEADY = 2_000;
/** Milliseconds in which a tap sees enough of a call that nobody can open. */
const PLAIN = 2_000;
/** Frames of a stream that are enough to judge it by. */
const FRAMES = 21;
/** Pictures of a member that are enough to judge it by. */
const PICTURES = 10;
/**
 * Seconds between the key frames that Janus asks for on a bad network. Chromium waits 3 s before it
 * repeats a request.
 */
const KEY_FRAMES = 1;

/**
 * A simulcast takes a wide picture. More than two members take small ones, as all share one
 * machine.
 */
const SIZES = {
  wide: { width: 960, height: 540 },
  large: { width: 640, height: 480 },
  small: { width: 320, height: 240 },
};

export class Room {
  /** The goal that was missed if not all see and hear all, or a stream has too few frames. */
  missed = [];
  /** Names of members that are on no roster any more. @type {Set<string>} */
  removed = new Set();
  /** @type {Record<string, MemberPage>} */
  #members = {};
  /** Members that left. @type {MemberPage[]} */
  #gone = [];
  #common;

  /**
   * @param {Partial<import("./call.mjs").CallOptions> & { names?: string[] }} options
   * @param {import("./call.mjs").Resources} resources
   */
  constructor(options, resources) {
    const { names = Object.keys(resources.browsers), say } = options;
    Object.assign(this, { options, names, say, rtt: options.rtt ?? 0, ...resources });
    this.patience = options.patience ?? 1;
    const { codec, audio, labels, key, group, plain, loss, long } = options;
    this.#common = {
      ...{ room: randomUUID(), names, codec, audio, labels, key, group, plain, long },
      ...{ sfu: resources.sfu?.page, keyFrames: loss && KEY_FRAMES },
      broker: resources.broker && { ...GUEST, url: resources.broker.url },
    };
  }

  /** All members that are there, by name. */
  get members() {
    return this.#members;
  }

  /** Lets members enter one after the other, and waits until all see all. */
  async enter(...names) {
    const members = await this.begin(...names);
    await this.settled();
    return members;
  }

  /** Lets members enter one after the other. @returns all members, by name */
  async begin(...names) {
    for (const name of names) {
      const hash = encodeURIComponent(JSON.stringify({ ...this.#common, ...this.#own(name) }));
      const url = `${this.server.url}call/page/index.html#${hash}`;
      const member = new MemberPage(name, await this.browsers[name].page(url));
      this.#members[name] = member;
      await member.ready();
      this.say(`${name} is in the call`);
    }
    return this.#members;
  }

  /** Waits until each member sees and hears each other. If one does not, that is a missed goal. */
  async settled() {
    if (this.options.plain) return sleep(PLAIN);
    if (this.missed.length > 0) return;
    for (const member of this.#all()) {
      const others = this.#othersOf(member);
      if (await until(() => member.ask("sees", others))) continue;
      const complaints = await member.complaints();
      this.missed = [`${member.name} does not see and hear all: ${complaints}`];
      return;
    }
  }

  /** Waits until the call is steady. */
  async steady() {
    await sleep(STEADY);
    await this.plenty();
  }

  /** Stays in the call, at least until each stream has enough frames. */
  async talk() {
    this.say(`in the call for ${this.options.seconds} s`);
    await sleep(this.options.seconds * 1000);
    await this.plenty();
  }

  /** Waits until each stream has enough frames: a slow machine makes few. */
  async plenty() {
    if (this.missed.length > 0 || (await until(() => this.#hasPlenty()))) return;
    this.missed = ["a stream has too few frames"];
  }

  /** The member leaves the call as a user does who closes it. */
  async leave(name) {
    const member = this.#members[name];
    await member.keepReport(this.#subjectOf(member), { limit: 0 });
    await member.leave();
    delete this.#members[name];
    this.#gone.push(member);
  }

  /** The member's tab is killed: it says goodbye to nobody. */
  async kill(name) {
    await this.#members[name].page.close({ runBeforeUnload: false });
    delete this.#members[name];
  }

  /** Loads a member's page again. Nothing says so to the others. */
  async reload(name) {
    const member = this.#members[name];
    await member.keepReport(this.#subjectOf(member), { limit: 0 });
    await member.reload();
  }

  /**
   * The longest time without a new picture or tone of another member that was not over at `since`.
   */
  async gap(name, other, since) {
    return gapOf(await this.#members[name].ask("times", other), since);
  }

  /** The longest of these gaps, between any two of the members. */
  async gapAmong(names, since) {
    const pairs = names.flatMap((name) =>
      names.filter((other) => other !== name).map((other) => this.gap(name, other, since)),
    );
    return Math.max(...(await Promise.all(pairs)));
  }

  /** The figures of what A sent to `receiver`, and all that went wrong. */
  async result(receiver, goals) {
    const limit = this.options.plain ? 0 : undefined;
    const order = [receiver, ...this.#all().filter((member) => member !== receiver)];
    // The receiver reports first: what it has opened was made before.
    for (const member of order)
      await member.keepReport(this.#subjectOf(member, receiver), { limit });
    const reports = [...order, ...this.#gone].flatMap(({ reports }) => reports);
    const sender = order.find(({ name }) => name === "a");
    if (this.options.group) goals.push(await this.#groupGoal());
    const figures = result(this.options, sender.reports, this.#reportsOf(receiver.name), reports);
    const unmet = [
      ...this.missed,
      ...goals,
      reports.some(({ census }) => census.plaintext > 0) && "frames went in plaintext",
      !(figures.decoded.video > 0) && "the picture is not the one that was sent",
      !figures.audioHeard && "no tone",
    ];
    const members = this.names.length;
    return { ...figures, members, problems: this.#problems(), unmet: unmet.filter(Boolean) };
  }

  async close() {
    for (const member of this.#all()) await member.close().catch(() => {});
  }

  /** What differs between members: only A sends layers. */
  #own(name) {
    const simulcast = name === "a" && Boolean(this.options.simulcast);
    const size = simulcast ? SIZES.wide : this.names.length > 2 ? SIZES.small : SIZES.large;
    return { name, simulcast, size };
  }

  /** All are in one epoch, as soon as none is on its way. A removed member has its own. */
  async #groupGoal() {
    const staying = this.#all().filter(({ name }) => !this.removed.has(name));
    const codes = async () =>
      new Set(await Promise.all(staying.map((member) => member.ask("epochCode"))));
    return (await until(async () => (await codes()).size === 1)) ? "" : "members differ in epoch";
  }

  async #hasPlenty() {
    const { b } = this.#members;
    // Without `configuration()` no frame reaches the tap of A, which makes the offer.
    if (this.options.plain) return (await b.ask("census")).plaintext >= FRAMES;
    const each = await Promise.all(this.#all().map((member) => this.#hasFrames(member)));
    return each.every(Boolean);
  }

  async #hasFrames(member) {
    const streams = await member.ask("streams");
    if (streams.some(({ frames }) => frames < FRAMES)) return false;
    const times = this.#othersOf(member).map((other) => member.ask("times", other));
    return (await Promise.all(times)).every(({ video }) => video.length >= PICTURES);
  }

  /** Errors of members, except those of a broker that was stopped on purpose. */
  #problems() {
    const all = [...this.#all(), ...this.#gone];
    const told = all.flatMap(({ name, lines, reports }) => problems(name, lines, reports));
    return told.filter((line) => !(this.broker && line.includes(this.broker.url)));
  }

  #reportsOf(name) {
    return [...this.#gone, ...this.#all()]
      .filter((member) => member.name === name)
      .flatMap(({ reports }) => reports);
  }

  /** Whose media a member's report is about. */
  #subjectOf({ name }, receiver = { name: "b" }) {
    return name === "a" ? receiver.name : "a";
  }

  #all() {
    return Object.values(this.#members);
  }

  #othersOf({ name }) {
    return Object.keys(this.#members).filter((other) => other !== name);
  }
}
