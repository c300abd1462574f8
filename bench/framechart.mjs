// The chart of single frames: a row per frame, a dot per peer, microseconds from left to right.
import { dot, legend, line, logScale, sheet, text } from "../harness/svg.mjs";
import { digits } from "../harness/table.mjs";
import { frameName } from "./frame-table.mjs";
import { COLORS, NAMES } from "./peers.mjs";

const WIDTH = 960;
const LEFT = 120;
const RIGHT = 130;
const TOP = 96;
const STEP = 24;

const TITLES = {
  pipe: "Whole pipe: one frame through the worker, stream in to stream out",
  cipher: "The cipher alone, through the thinnest call there is",
};

/** The figures on the right compare with this peer. */
const RIVAL = { pipe: "livekit", cipher: "crate" };

export function frameChart(what, rows, peers, machine) {
  const own = rows.filter((row) => row.what === what);
  // The floor of a bare call is so low that it would compress the scale of the others.
  const shown = peers.filter((peer) => what === "pipe" || peer !== "identity");
  const times = own.filter(({ peer }) => shown.includes(peer)).map(({ us }) => us.p50);
  const { place, ticks } = logScale(Math.min(...times), Math.max(...times), LEFT, WIDTH - RIGHT);
  const groups = groupBy(own, (row) => `${row.direction} ${frameName(row)}`);
  const height = TOP + groups.length * STEP + 20;
  return sheet(WIDTH, height, [
    text(20, 28, TITLES[what], { size: 16, bold: true }),
    text(20, 46, `Median microseconds of a frame, logarithmic. ${machine}`, { color: "#666666" }),
    ...legend(
      20,
      68,
      shown.map((peer) => [NAMES[peer], COLORS[peer]]),
    ),
    ...ticks.flatMap((tick) => axis(place(tick), tick, height)),
    ...groups.flatMap(([name, cells], at) =>
      frame(name, cells, TOP + (at + 0.5) * STEP, place, shown, RIVAL[what]),
    ),
  ]);
}

function axis(x, tick, height) {
  return [
    line(x, TOP - 4, x, height - 16),
    text(x, TOP - 8, `${tick} µs`, { anchor: "middle", color: "#666666", size: 11 }),
  ];
}

function frame(name, cells, y, place, shown, rival) {
  const dots = shown.flatMap((peer) => {
    const cell = cells.find((cell) => cell.peer === peer);
    return cell
      ? [
          dot(
            place(cell.us.p50),
            y,
            COLORS[peer],
            peer === "ours" ? 7 : 5,
            `${NAMES[peer]} ${digits(cell.us.p50)} µs`,
          ),
        ]
      : [];
  });
  const compared = cells.find(({ peer }) => peer === rival);
  return [
    text(LEFT - 12, y + 4, name, { anchor: "end" }),
    line(LEFT, y, WIDTH - RIGHT, y, "#eeeeee"),
    ...dots.reverse(),
    text(WIDTH - RIGHT + 12, y + 4, `${rival} ×${digits(compared.ratio)}`, {
      color: COLORS[rival],
    }),
  ];
}

function groupBy(items, key) {
  const groups = new Map();
  for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item]);
  // Sealing comes before opening.
  return [...groups].sort(
    ([a], [b]) => Number(a.startsWith("open")) - Number(b.startsWith("open")),
  );
}
