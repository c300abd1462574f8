// How the time of our pipe divides: the measured parts, and the rest between them.
import { bar, legend, sheet, text } from "../harness/svg.mjs";
import { align, digits } from "../harness/table.mjs";
import { frameName } from "./frame-table.mjs";

const PARTS = {
  streams: { color: "#999999", about: "streams and promises of the browser" },
  rest: {
    color: "#56b4e9",
    about: "what is left: JavaScript, clock, counters; where frames are large, memory that is cold",
  },
  "copy in": { color: "#e69f00", about: "into wasm memory" },
  format: { color: "#cc79a7", about: "window, header, AAD, counter or replay window, escaping" },
  cipher: { color: "#0072b2", about: "AES-256-GCM" },
  "copy out": {
    color: "#d55e00",
    about: "into a new buffer; a large frame gave its own back before",
  },
};

/** @returns one entry per frame and direction, with the microseconds of each part */
export function anatomize(rows) {
  const of = (row, what, peer) =>
    rows.find((one) => one.what === what && one.peer === peer && sameFrame(one, row)).us.p50;
  return rows
    .filter(({ what, peer }) => what === "pipe" && peer === "ours")
    .map((row) => {
      const streams = of(row, "pipe", "identity");
      const cipher = of(row, "cipher", "ours");
      const [crossing, copyIn, copyOut] = ["crossing", "copy-in", "copy-out"].map((part) =>
        of(row, "parts", part),
      );
      // The difference of two medians can be negative if a part takes almost no time.
      const format = Math.max(0, crossing - copyIn - copyOut - cipher);
      const rest = Math.max(0, row.us.p50 - streams - crossing);
      const parts = { streams, rest, "copy in": copyIn, format, cipher, "copy out": copyOut };
      return { row, total: row.us.p50, parts };
    });
}

export function anatomyTable(entries) {
  const names = Object.keys(PARTS);
  const lines = entries.map(({ row, total, parts }) => [
    `${row.direction} ${frameName(row)}`,
    ...names.map((name) => digits(parts[name])),
    digits(total),
  ]);
  return [
    "\nWhere the microseconds of our pipe go (medians)",
    "",
    ...align([["", ...names, "pipe"], ...bySeal(lines)]),
    "",
    ...names.map((name) => `${name}: ${PARTS[name].about}`),
  ].join("\n");
}

const [WIDTH, LEFT, RIGHT, TOP, STEP] = [960, 120, 90, 80, 24];

export function anatomyChart(entries, machine) {
  const sorted = bySeal(entries.map((entry) => [entry.row.direction, entry])).map(
    ([, entry]) => entry,
  );
  return sheet(WIDTH, TOP + sorted.length * STEP + 16, [
    text(20, 28, "Where the microseconds of our pipe go", { size: 16, bold: true }),
    text(
      20,
      46,
      `Shares of the median time of a frame; at the right its microseconds. ${machine}`,
      {
        color: "#666666",
      },
    ),
    ...legend(
      20,
      68,
      Object.entries(PARTS).map(([name, { color }]) => [name, color]),
    ),
    ...sorted.flatMap((entry, at) => stack(entry, TOP + at * STEP)),
  ]);
}

function stack({ row, total, parts }, y) {
  const sum = Object.values(parts).reduce((a, b) => a + b, 0);
  const scale = (WIDTH - LEFT - RIGHT) / sum;
  let x = LEFT;
  const bars = Object.entries(parts).map(([name, us]) => {
    const part = bar(x, y + 3, us * scale, STEP - 6, PARTS[name].color, `${name} ${digits(us)} µs`);
    x += us * scale;
    return part;
  });
  const label = text(LEFT - 12, y + 16, `${row.direction} ${frameName(row)}`, { anchor: "end" });
  return [label, ...bars, text(WIDTH - RIGHT + 12, y + 16, `${digits(total)} µs`)];
}

function sameFrame(a, b) {
  return a.codec === b.codec && a.bytes === b.bytes && a.direction === b.direction;
}

/** Sorts entries for sealing before those for opening. */
function bySeal(lines) {
  const opens = ([name]) => Number(name.startsWith("open"));
  return [...lines].sort((a, b) => opens(a) - opens(b));
}
