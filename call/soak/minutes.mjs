// What happens in each minute of a long call.
import { sleep } from "../../harness/sleep.js";

/** Milliseconds of a minute from whose start on something happens. */
const AT = { rotation: 0, leave: 8_000, return: 13_000, loss: 25_000, mend: 33_000, kill: 38_000 };
/** Calm begins 8,000 milliseconds before the minute ends, at 54,000. */
const CALM = { begin: 46_000, end: 54_000 };
const MINUTE = 60_000;
/** Percentage of the datagrams. */
const LOSS = 10;
/** In every third minute a tab is killed. */
const KILLS = 3;

export class Minutes {
  happened = { rotations: 0, leaves: 0, losses: 0, kills: 0 };
  /** Counts of pages that are gone. */
  #counts = { sealed: 0, opened: 0, repeated: 0, unsealed: 0 };
  #refused = {};
  #events = {};

  /**
   * @param {import("../room.mjs").Room} room
   * @param {import("../../harness/network.mjs").Network} [network] that can lose datagrams
   */
  constructor(room, network) {
    Object.assign(this, { room, network });
  }

  /** @returns what each stream refused in the calm at the end of the minute */
  async live(minute) {
    const start = Date.now();
    const reached = (moment) => sleep(Math.max(0, start + moment - Date.now()));
    const { room } = this;
    await reached(AT.rotation);
    const name = room.names[minute % 3];
    room.say(`minute ${minute}: ${name} makes a new key`);
    await room.members[name].ask("rotate");
    this.happened.rotations++;
    await reached(AT.leave);
    await this.#leave("d");
    await reached(AT.return);
    await room.enter("d");
    await reached(AT.loss);
    await this.#lose(() => reached(AT.mend));
    await reached(AT.kill);
    if (minute % KILLS === 0) await this.#kill("c");
    await room.settled();
    await reached(CALM.begin);
    const calm = await this.#watch(Math.max(0, start + CALM.end - Date.now(), 2_000));
    await this.#keepEvents();
    await reached(MINUTE);
    return calm;
  }

  /** The counts of all pages. */
  async end() {
    for (const name of Object.keys(this.room.members)) await this.#keep(name);
    await this.#keepEvents();
    return { counts: this.#counts, refused: this.#refused, events: this.#events };
  }

  async #leave(name) {
    this.room.say(`${name} leaves`);
    await this.#keep(name);
    await this.room.members[name].ask("leave");
    await this.room.kill(name);
    this.happened.leaves++;
  }

  async #kill(name) {
    this.room.say(`the tab of ${name} is killed`);
    await this.#keep(name);
    await this.room.kill(name);
    await this.room.enter(name);
    this.happened.kills++;
  }

  async #lose(mended) {
    if (!this.network) return;
    this.room.say(`${LOSS} % of the datagrams are lost`);
    this.network.impair(LOSS);
    await mended();
    this.network.mend();
    this.happened.losses++;
  }

  async #watch(ms) {
    const before = await this.#refusals();
    await sleep(ms);
    const after = await this.#refusals();
    const isMore = ([name, count]) => count > (before.get(name) ?? 0);
    return [...after].filter(isMore).map(([name]) => name);
  }

  /** How many frames each stream of each member has refused, by code. */
  async #refusals() {
    const counts = new Map();
    for (const [name, member] of Object.entries(this.room.members)) {
      for (const { direction, kind, sender, dropped } of await member.ask("streams"))
        for (const [code, count] of Object.entries(dropped))
          counts.set(`${code} at ${name}, ${direction} ${kind} of ${sender ?? name}`, count);
    }
    return counts;
  }

  /** Adds up the counts of a page, before it goes. */
  async #keep(name) {
    const member = this.room.members[name];
    const tally = await member.ask("tally");
    for (const key of Object.keys(this.#counts)) this.#counts[key] += tally[key];
    for (const { dropped } of await member.ask("streams"))
      for (const [code, count] of Object.entries(dropped))
        this.#refused[code] = (this.#refused[code] ?? 0) + count;
  }

  async #keepEvents() {
    for (const member of Object.values(this.room.members))
      for (const { type, code } of await member.ask("forget")) {
        const name = code && type !== "epoch" ? `${type} ${code}` : type;
        this.#events[name] = (this.#events[name] ?? 0) + 1;
      }
  }
}
