/** Measures all rows of a question: the same code in the page and in Node. */
import { ROWS } from "./frames.js";
import { quantile } from "./stats.js";

/** So many frames of each row run first: by then the compilers that make code fast have seen it. */
const WARM = { frames: 300, bytes: 300_000 };

/**
 * In each round all peers take their turn at each row, beginning with another peer each time, so
 * that whatever else the machine does hits all alike. Rounds end when the time is up.
 * @param {{ name: string, ask(request: object): Promise<any> }[]} peers
 * @param {{ what: string, rounds: number, milliseconds: number, batch: number, rows?: number[] }} plan
 *   a batch takes about so many milliseconds; `rows` are numbers of ROWS, all without
 */
export async function measure(peers, { what, rounds, milliseconds, batch, rows = [...ROWS.keys()] }) {
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
    if (count > 20) await peer.ask({ row, count });
  }
}

/** A peer in a row: the means of its batches, round by round, and the times of single frames. */
class Cell {
  #means = { seal: [], open: [] };
  #singles = { seal: [], open: [] };

  constructor(peer, what, row) {
    Object.assign(this, { peer, what, row });
  }

  /** So many frames that sealing and opening them takes about that long. */
  async calibrate(milliseconds) {
    await this.#ask(2);
    const { seal, open } = await this.#ask(3);
    this.count = Math.max(2, Math.min(1_000, Math.round((milliseconds * 1_000) / (seal + open))));
  }

  async measure() {
    const batch = await this.#ask(this.count);
    add(this.#means, batch);
    add(
      this.#singles,
      this.what === "pipe" ? await this.#ask(Math.max(2, this.count >> 1), true) : batch,
    );
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

function add(lists, { seal, open }) {
  lists.seal = lists.seal.concat(seal);
  lists.open = lists.open.concat(open);
}

function rotate(list, by) {
  const at = by % list.length;
  return [...list.slice(at), ...list.slice(0, at)];
}
