/** The rosters that the application stated, for the next worker. */
import { codeOf } from "../shared/errors.js";
import type { Answer, RosterFields } from "../shared/wire.js";

export class RosterLog {
  /** The last roster that took effect, then the later ones that have no answer yet. */
  readonly #rosters = new Map<number, RosterFields>();
  #count = 0;

  /** Keeps a roster that was sent. Answers may overtake each other: the newest roster counts. */
  async add(roster: RosterFields, answer: Promise<Answer<"members">>) {
    const number = ++this.#count;
    this.#rosters.set(number, roster);
    try {
      const refused = await answer;
      if (refused)
        this.#rosters.set(number, { bundles: refused.bundles, ids: [], owners: [], names: [] });
    } catch (error) {
      this.#rosters.delete(number);
      throw error;
    }
    for (const older of [...this.#rosters.keys()]) if (older < number) this.#rosters.delete(older);
  }

  /**
   * States the newest roster to a new worker. The worker may refuse a roster that had no answer
   * yet. Then this states the roster before it, without the devices that the newer one does not
   * name.
   */
  async restate(state: (roster: RosterFields) => Promise<Answer<"members">>) {
    const newer: RosterFields[] = [];
    for (const roster of [...this.#rosters.values()].reverse()) {
      try {
        if (!(await state(newer.reduce(onlyNamed, roster)))) return;
        newer.push(roster);
      } catch (error) {
        if (codeOf(error) === "worker-restarted") throw error;
      }
    }
  }
}

/** A roster without the devices that a newer one does not name. */
function onlyNamed({ bundles, ids, owners, names }: RosterFields, newer: RosterFields) {
  const isNamed = (_: unknown, i: number) => {
    const bundle = bundles[i]?.join();
    const id = ids[i];
    return newer.bundles.some((other) => other.join() === bundle) || (id && newer.ids.includes(id));
  };
  return {
    bundles: bundles.filter(isNamed),
    ids: ids.filter(isNamed),
    owners: owners.filter(isNamed),
    names,
  };
}
