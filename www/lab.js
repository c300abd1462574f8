/** What the experiments do, and what is known while they run. */
import { refused } from "./sums.js";

/** Frames that are recorded for a replay. */
const RECORDED = 12;
/** Looks after the worker was replaced until reports of the others cannot be of earlier frames. */
const SETTLED = 3;

export class Lab {
  #side;
  #room;
  #wire;
  #ledger;
  #lost = 0;
  #restarts = 0;
  /** Looks since the worker was replaced, and what was known when reports had settled. */
  #looks = 0;
  #settled = { opened: 0, heard: 0 };

  /**
   * @param {{ side: import("./side.js").Side, room: import("./room.js").Room, wire: import("./wire.js").Wire, ledger: import("./ledger.js").Ledger }} parts
   */
  constructor({ side, room, wire, ledger }) {
    this.#side = side;
    this.#room = room;
    this.#wire = wire;
    this.#ledger = ledger;
  }

  /** The worker was replaced. */
  restarted() {
    this.#restarts++;
    this.#looks = 0;
  }

  /** Once a second, when the counters are up to date. */
  async look() {
    this.#lost = (await this.#wire.wish({})).lost;
    if (this.#restarts > 0 && this.#looks++ < SETTLED)
      this.#settled = { opened: this.#ledger.opened(), heard: this.#theirs("opened") };
  }

  /** @returns {import("./experiments.js").Now} */
  get now() {
    const opened = this.#ledger.opened();
    return {
      opened,
      refused: this.#ledger.refused(),
      theirRefused: this.#theirs("refused"),
      theirPlain: this.#theirs("plain"),
      of: Object.fromEntries([...this.#room.people.values()].map((one) => [one.id, this.#of(one)])),
      key: this.#wire.keyOf(this.#side.id),
      lost: this.#lost,
      restarts: this.#restarts,
      openedSince: this.#looks > SETTLED ? opened - this.#settled.opened : 0,
      heardSince: this.#looks > SETTLED ? this.#theirs("opened") - this.#settled.heard : 0,
    };
  }

  /**
   * Begins or ends an experiment.
   * @param {string} id @param {boolean} on @param {import("./person.js").Person} person the chosen one
   * @returns what its outcome needs to know
   */
  async run(id, on, person) {
    const context = { id: person?.id, name: person?.name };
    if (id === "rotate") await this.#side.rotate();
    if (id === "remove") await (on ? this.#room.remove(person) : this.#room.restore(person));
    if (id === "wrong") await (on ? this.#side.useWrongKeys() : this.#side.useRightKeys());
    if (id === "flip" || id === "lose") await this.#wire.wish({ [id]: on });
    if (id === "kill") this.#wire.kill();
    // If the worker is replaced meanwhile, the experiment finds nothing out.
    if (id === "replay") this.#replay(context).catch(() => {});
    if (id === "swap") await this.#swap(on, context);
    return context;
  }

  /** The outcome is in `context.replayed` once all were delivered again. */
  async #replay(context) {
    const frames = await this.#wire.record(context.id, RECORDED);
    context.replayed = await this.#wire.replay(context.id, frames);
  }

  /** The chosen member and the next one. */
  async #swap(on, context) {
    const ids = this.#room.listed.map(({ id }) => id).filter((id) => id !== context.id);
    context.swapped = [context.id, ids[0]];
    await this.#wire.wish({ swap: on ? context.swapped : [] });
  }

  /** A counter of ours in the reports of the others, added up. */
  #theirs(field) {
    return [...this.#room.people.values()].reduce(
      (sum, person) => sum + numberIn(person.report, field, this.#side.id),
      0,
    );
  }

  #of(person) {
    const pictures = this.#ledger.streams.filter(
      ({ direction, sender, track }) =>
        direction === "open" && sender === person.id && track === "camera",
    );
    return {
      pictures: pictures.reduce((sum, { frames }) => sum + frames, 0),
      picturesRefused: refused(pictures),
      theirRefused: numberIn(person.report, "refused", this.#side.id),
    };
  }
}

/** Reports come from other pages: what is not a number counts as 0. */
function numberIn(report, field, id) {
  const number = report?.[field]?.[id];
  return Number.isFinite(number) ? number : 0;
}
