/** Which devices of which person this profile has seen. */
import { codeOf } from "../shared/errors.js";
import type { Post } from "../shared/wire.js";
import { acquireLock } from "./locks.js";
import type { Store } from "./store.js";

/** A person, by a name of the application's, and the ids of the person's devices. */
export interface KnownPerson {
  name: string;
  devices: string[];
}

type Known = Map<string, string[]>;

/** The entry of the store. */
const KNOWN = "known";
/** At most this many devices of a person are remembered: those that were on a roster last. */
const MAX_DEVICES = 64;

export class KnownDevices {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Reports devices that were never seen with their person, and remembers them. */
  async record(persons: KnownPerson[], post: Post): Promise<void> {
    await this.#change((before) => {
      const after = new Map(before);
      for (const { name, devices } of persons) {
        const seen = before?.get(name);
        // A person seen for the first time is not reported. If the entry was damaged, all are.
        const added = seen || !before ? devices.filter((id) => !seen?.includes(id)) : [];
        const others = seen?.filter((id) => !devices.includes(id)) ?? [];
        after.set(name, [...others, ...devices].slice(-MAX_DEVICES));
        if (added.length > 0) post({ type: "keys-changed", name, added });
      }
      return after;
    });
  }

  /** Forgets that this person had this device. */
  async forget(name: string, id: string): Promise<void> {
    await this.#change((known) =>
      known?.set(name, known.get(name)?.filter((device) => device !== id) ?? []),
    );
  }

  /** Changes the entry under a lock, because other pages change it, too. */
  async #change(change: (known: Known | undefined) => Known | undefined) {
    const release = await acquireLock(`${this.#store.database} ${KNOWN}`, {});
    try {
      const after = change(await this.#read());
      if (after) await this.#store.set(KNOWN, new TextEncoder().encode(JSON.stringify([...after])));
    } finally {
      release();
    }
  }

  /** The entry; undefined if it was damaged. */
  async #read(): Promise<Known | undefined> {
    try {
      const bytes = await this.#store.get(KNOWN);
      return new Map(JSON.parse(new TextDecoder().decode(bytes) || "[]"));
    } catch (error) {
      if (codeOf(error) === "store-damaged") return undefined;
      throw error;
    }
  }
}
