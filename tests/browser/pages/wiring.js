// Every way to wire a sender or receiver, each in a new connection: scenarios for wiring.test.mjs.
import { Cell, calls } from "./wiring/cell.js";
import { CHANGES, changed } from "./wiring/changes.js";
import { OPENING } from "./wiring/opening.js";
import { SEALING } from "./wiring/sealing.js";

const GROUPS = {
  sealing: Object.entries(SEALING),
  opening: Object.entries(OPENING),
  changes: Object.entries(CHANGES).map(([name, act]) => [name, (cell) => changed(cell, act)]),
};

const WAYS = Object.keys(calls).flatMap((path) => [true, false].map((flag) => ({ path, flag })));

globalThis.scenarios = {
  /**
   * Rows of a group: the way, and its results with transforms or streams, with and without the
   * flag.
   */
  async rows(group) {
    const rows = [];
    for (const [name, run] of GROUPS[group])
      rows.push([name, ...(await Promise.all(WAYS.map((way) => one(way, run))))]);
    return rows;
  },

  ways: () => WAYS,
};

async function one(way, run) {
  const cell = new Cell(way);
  try {
    return await run(cell);
  } catch (error) {
    return `broken: ${error.message}`;
  } finally {
    cell.end();
  }
}

globalThis.ready = true;
