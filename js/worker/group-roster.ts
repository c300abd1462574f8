/** The roster of a call with an MLS group. The core judges the rosters of other calls. */
import type { ErrorCode } from "../shared/codes.js";
import { codeOf } from "../shared/errors.js";
import { deviceId } from "./core.js";

/** A device that may be in the group. */
export interface Listed {
  id: string;
  bundle: Uint8Array;
}

/** An entry that was refused. */
export interface RefusedEntry {
  code: ErrorCode;
  index: number;
}

/** Bytes 2 to 66 of a bundle: the key that signs the device's leaves. */
const SIGNING_KEY = [2, 67] as const;

export class GroupRoster {
  #listed: Listed[] = [];
  readonly #own: Listed;

  constructor(own: Listed) {
    this.#own = own;
  }

  /** The devices, each once and without our own. */
  get listed(): readonly Listed[] {
    return this.#listed;
  }

  has(id: string): boolean {
    return id === this.#own.id || this.#listed.some((listed) => listed.id === id);
  }

  /**
   * States the roster. If an entry is refused, nobody is added. Then a member stays if a good
   * bundle names it, or the id of a refused one does.
   */
  state(bundles: Uint8Array[], ids: (string | undefined)[]): RefusedEntry | undefined {
    const entries = bundles.map((bundle, i) => parse(bundle, ids[i]));
    const listed: Listed[] = [];
    for (const [index, entry] of entries.entries()) {
      const code =
        typeof entry.parsed === "string" ? entry.parsed : this.#add(entry.parsed, listed);
      if (!code) continue;
      const named = new Set(entries.map(({ id }) => id));
      this.#listed = this.#listed.filter(({ id }) => named.has(id));
      return { code, index };
    }
    this.#listed = listed;
    return undefined;
  }

  /** Adds a device to the list. Returns why it is refused. */
  #add(entry: Listed, listed: Listed[]): ErrorCode | undefined {
    const others = [this.#own, ...listed];
    if (others.some(({ id }) => id === entry.id)) return undefined;
    if (others.some((other) => signingKey(other) === signingKey(entry))) return "bad-bundle";
    listed.push(entry);
    return undefined;
  }
}

/** An entry's id if it is known, and the device in it or the reason why it is refused. */
function parse(bundle: Uint8Array, given: string | undefined) {
  try {
    const id = deviceId(bundle);
    const parsed: Listed | ErrorCode =
      given === undefined || given === id ? { id, bundle } : "bad-bundle";
    return { id: given ?? id, parsed };
  } catch (error) {
    return { id: given, parsed: codeOf(error) };
  }
}

const signingKey = ({ bundle }: Listed) => bundle.subarray(...SIGNING_KEY).join();
