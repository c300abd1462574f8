/** Measures all rows of a question, in the page and in Node. */
import { ROWS } from "./frames.js";
import { quantile } from "./stats.js";

/**
 * At most this many frames and bytes of each row run first, so that compilers have optimised the
 * code.
 */
const WARM = { frames: 200, bytes: 160_000, least: 16 };

/** A batch of at most 6 frames is so slow that a clock of 5 µs is exact for each frame. */
const FEW = 6;

/**
 * In each round all peers measure each row, each time beginning with another peer, so that other
 * load on the machine affects all peers equally. Rounds end when the time is up.
 * @param {{ name: string, ask(request: object): Promise<any> }[]} peers
 * @param {{ what: string, rounds: number, milliseconds: number, batch: number, rows?: number[] }} plan
 *   `batch` is the length of a batch in milliseconds; `rows` are indices of ROWS, all by default
 */
export async function measure(
  peers,
  { what, rounds, milliseconds, batch, rows = [...ROWS.keys()] },
) {
  for (const peer of peers) await warm(peer);
  const table = rows.map((row) => peers.map((peer) => new Cell(peer, what, row)));
  for (const cell of table.flat()) await cell.calibrate(batch);
  const end = performance.now() + milliseconds;
  for (let round = 0; round < rounds && (round === 0 || performance.now() < end); round++) {
    for (const cells of table) {
      for (const cell of rotate(cells, round)) await cell.measure();
    }
  }
  return table.flat().map((cell) => cell.result());
}

async function warm(peer) {
  for (const [row, { bytes }] of ROWS.entries()) {
    const count = Math.min(WARM.frames, Math.floor(WARM.bytes / bytes));
    if (count >= WARM.least) await peer.ask({ row, count });
  }
}

/** One peer and one row: the means of its batches by round, and the times of single frames. */
class Cell {
  #means = { seal: [], open: [] };
  #singles = { seal: [], open: [] };

  constructor(peer, what, row) {
    Object.assign(this, { peer, what, row });
  }

  /** Finds the number of frames that take about this long to seal and open. */
  async calibrate(milliseconds) {
    await this.#ask(1);
    const { seal, open } = await this.#ask(2);
    this.count = Math.max(2, Math.min(1_000, Math.round((milliseconds * 1_000) / (seal + open))));
  }

  async measure() {
    if (this.what !== "pipe") return this.#add(await this.#ask(this.count));
    // Single times of a few slow frames are exact, so one batch gives both figures.
    const both = this.count <= FEW;
    const singles = await this.#ask(both ? this.count : this.count >> 1, true);
    this.#add(both ? meansOf(singles) : await this.#ask(this.count), singles);
  }

  #add(batch, singles = batch) {
    add(this.#means, batch);
    add(this.#singles, singles);
  }

  result() {
    const { seal, open } = this.#singles;
    const p99 = { seal: quantile(seal, 0.99), open: quantile(open, 0.99) };
    return { what: this.what, row: this.row, peer: this.peer.name, means: this.#means, p99 };
  }

  #ask(count, timed = false) {
    return this.peer.ask({ row: this.row, count, timed });
  }
}

function meansOf({ seal, open }) {
  const mean = (times) => times.reduce((a, b) => a + b, 0) / times.length;
  return { seal: mean(seal), open: mean(open) };
}

function add(lists, { seal, open }) {
  lists.seal = lists.seal.concat(seal);
  lists.open = lists.open.concat(open);
}

function rotate(list, by) {
  const at = by % list.length;
  return [...list.slice(at), ...list.slice(0, at)];
}
