/** The numbers of `call.stats()` as a table, and why frames were refused as a list. */
import { $, count, make, write } from "./dom.js";
import { refused } from "./sums.js";
import { label, reason, thing } from "./words.js";

const COLUMNS = ["state", "frames", "refused", "overhead"];

/**
 * @param {import("../dist/index.js").StreamStats[]} streams
 * @param {(id: string) => string | undefined} nameOf somebody who is here, or undefined
 */
export function showCounters(streams, nameOf) {
  const here = streams.filter(
    ({ direction, sender, frames, track }) =>
      (direction === "seal" || nameOf(sender)) && (track !== "screen" || frames > 0),
  );
  const keys = new Set(here.map(keyOf));
  for (const row of [...$("rows").children]) if (!keys.has(row.dataset.row)) row.remove();
  for (const stream of here) showRow(stream, nameOf(stream.sender));
  showReasons(streams);
}

function showRow(stream, name) {
  const key = keyOf(stream);
  const row = $("rows").querySelector(`[data-row="${key}"]`) ?? newRow(key);
  const values = describe(stream);
  const who = stream.direction === "seal" ? "You send" : `${name} sends`;
  write(row.querySelector("th"), `${who}: ${thing(stream.track)}`);
  for (const column of COLUMNS) write(row.querySelector(`.${column}`), values[column]);
}

function newRow(key) {
  const cells = COLUMNS.map((className) => make("td", { className }));
  const row = make("tr", {}, make("th", { scope: "row" }), ...cells);
  row.dataset.row = key;
  $("rows").append(row);
  return row;
}

function keyOf({ direction, sender, track }) {
  return direction === "seal" ? `seal-${track}` : `open-${track}-${sender}`;
}

function describe(stream) {
  const { state, frames, overhead } = stream;
  return {
    state: state ? label(state) : "–",
    frames: count(frames),
    refused: count(refused([stream])),
    overhead: frames ? `${(overhead / frames).toFixed(1)}\u00a0B` : "–",
  };
}

function showReasons(streams) {
  const sums = new Map();
  for (const { direction, dropped } of streams) {
    for (const [code, n] of Object.entries(dropped)) {
      const key = `${direction} ${code}`;
      sums.set(key, (sums.get(key) ?? 0) + n);
    }
  }
  const list = $("reasons");
  for (const [key, n] of sums) {
    const item = list.querySelector(`[data-key="${key}"]`) ?? list.appendChild(reasonItem(key));
    write(item.firstChild, count(n));
  }
  $("no-reasons").hidden = sums.size > 0;
}

function reasonItem(key) {
  const [direction, code] = key.split(" ");
  const who = direction === "seal" ? "not sent" : "not shown";
  const name = make("i", { textContent: label(code) });
  const item = make("li", {}, make("b"), make("span", {}, name, `${who}: ${reason(code)}`));
  item.dataset.key = key;
  return item;
}
