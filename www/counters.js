/** The numbers of `call.stats()` as a table, and why frames were refused as a list. */
import { $, count, make, write } from "./dom.js";
import { label, reason } from "./words.js";

/** Browsers deliver some frames twice; that is no attack and no loss. */
const HARMLESS = new Set(["duplicate", "too-old"]);
const COLUMNS = ["state", "frames", "refused", "overhead"];

/** Frames of these streams that were refused for a reason that matters. */
export function refused(streams) {
  return streams.reduce(
    (sum, { dropped }) => sum + sumOf(dropped, (code) => !HARMLESS.has(code)),
    0,
  );
}

/** @param {import("../dist/index.js").StreamStats[]} streams */
export function showCounters(streams) {
  for (const stream of streams) {
    const row = $(`row-${stream.direction}-${stream.kind}`);
    const values = describe(stream);
    COLUMNS.forEach((column) => write(row.querySelector(`.${column}`), values[column]));
  }
  showReasons(streams);
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

function sumOf(counts, wanted) {
  return Object.entries(counts).reduce((sum, [code, n]) => sum + (wanted(code) ? n : 0), 0);
}
