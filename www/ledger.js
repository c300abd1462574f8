/** Once a second: what the counters say of each member, and how that reads. */
import { dropped, refused, total } from "./sums.js";

/** Streams that a member sends to us, in the order in which they say how it goes. */
const FIRST = "camera";

export class Ledger {
  streams = [];
  /** @type {Map<string, Entry>} */
  #entries = new Map();

  /** @typedef {{ opened: number, pictures: number, refused: number, moves: boolean, refuses: boolean, seen: boolean, state: string, code: string }} Entry */

  /** @param {import("../dist/index.js").StreamStats[]} streams */
  update(streams) {
    this.streams = streams;
    const incoming = streams.filter(({ direction }) => direction === "open");
    for (const [sender, of] of Map.groupBy(incoming, ({ sender }) => sender))
      this.#entries.set(sender, entry(of, this.#entries.get(sender)));
  }

  /** @param {string} sender @returns {Entry | undefined} */
  of(sender) {
    return this.#entries.get(sender);
  }

  forget(sender) {
    this.#entries.delete(sender);
  }

  clear() {
    this.streams = [];
    this.#entries.clear();
  }

  /** What others are told: how this page finds their frames, by sender. */
  get report() {
    const by = (count) =>
      Object.fromEntries(
        [...Map.groupBy(this.#incoming, ({ sender }) => sender)].map(([id, of]) => [id, count(of)]),
      );
    return {
      opened: by((streams) => total(streams, "frames")),
      refused: by(refused),
      plain: by((streams) => dropped(streams, "not-sealed")),
    };
  }

  /** Frames of one sender, or of all, that were opened. */
  opened(sender) {
    return total(this.#from(sender), "frames");
  }

  /** Frames of one sender, or of all, that were refused. */
  refused(sender) {
    return refused(this.#from(sender));
  }

  /** @param {string} sender */
  stateOfScreen(sender) {
    const screen = this.#from(sender).find(({ track }) => track === "screen");
    return screen?.state === "sealed" ? "sealed" : "connecting";
  }

  /** The state of what this page sends. */
  get own() {
    const sealing = this.streams.filter(({ direction }) => direction === "seal");
    const worst = sealing.find(({ state }) => state && state !== "sealed");
    return worst ?? sealing.find(({ state }) => state === "sealed");
  }

  #from(wanted) {
    return wanted ? this.#incoming.filter(({ sender }) => sender === wanted) : this.#incoming;
  }

  get #incoming() {
    return this.streams.filter(({ direction }) => direction === "open");
  }
}

/** @param {Entry} [before] a second ago */
function entry(streams, before) {
  const camera = streams.find(({ track }) => track === FIRST);
  const now = {
    opened: total(streams, "frames"),
    pictures: camera?.frames ?? 0,
    refused: refused(streams),
    state: camera?.state ?? "",
    code: camera?.code ?? "",
  };
  const moves = now.pictures > (before?.pictures ?? 0);
  return {
    ...now,
    moves,
    refuses: now.refused > (before?.refused ?? now.refused),
    seen: moves || (before?.seen ?? false),
  };
}

/** What a member's tile says. @param {Entry | undefined} now @param {string} link state of its connection */
export function stateOf(now, link) {
  if (link === "failed") return "failed";
  if (!now || (now.state === "" && !now.seen)) return "connecting";
  if (now.moves) return "sealed";
  if (now.state === "waiting-for-key" && !now.seen) return "waiting";
  if (now.state === "not-sealed") return "plain";
  if (now.refuses) return now.state === "waiting-for-key" ? "waiting" : "refused";
  return now.seen ? "silent" : "connecting";
}
