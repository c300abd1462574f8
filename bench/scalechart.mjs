// Calls of many senders, as a table and as three small charts with one line per peer.
import { dot, legend, line, linearScale, path, sheet, text } from "../harness/svg.mjs";
import { align, digits } from "../harness/table.mjs";
import { COLORS, NAMES } from "./peers.mjs";

const TITLE = "One worker in a call of N senders";

const PANELS = [
  { title: "CPU, ms per second of call", value: ({ cpu }) => cpu.worker + cpu.pool },
  { title: "added latency, p99, ms", value: ({ latency }) => latency.p99 },
  { title: "memory of the worker, MB", value: ({ memory }) => memory / 1e6 },
];

export function scaleTable(rows) {
  const lines = rows.map((row) => {
    const floor = rows.find(({ senders, peer }) => senders === row.senders && peer === "identity");
    return [
      `${row.senders} ${row.peer}`,
      digits(row.cpu.worker),
      digits(row.cpu.pool),
      row.peer === "identity" ? "-" : digits(Math.max(0, busy(row) - busy(floor))),
      digits(row.latency.p50),
      digits(row.latency.p99),
      digits(row.memory / 1e6),
      String(Math.round(row.lost)),
    ];
  });
  return [
    `\n${TITLE}: Opus 50/s each, one 720p speaker, all others 180p 20/s, own three layers sealed`,
    "",
    ...align([
      ["senders", "worker", "helpers", "above floor", "p50 ms", "p99 ms", "MB", "lost"],
      ...lines,
    ]),
    "",
    "worker, helpers: CPU in ms per second of call, of the worker's thread and of the browser's pool of threads",
    "above floor: both, less what identity takes (frames handed from thread to thread, streams)",
    "p50, p99: from when a frame is due to when it comes out, waiting for the thread included",
  ].join("\n");
}

const [WIDTH, HEIGHT, PANEL, GAP, TOP, BOTTOM] = [960, 340, 280, 40, 110, 300];

export function scaleChart(rows, peers, machine) {
  return sheet(WIDTH, HEIGHT, [
    text(20, 28, TITLE, { size: 16, bold: true }),
    text(20, 46, `Real sizes and rates, in real time. ${machine}`, { color: "#666666" }),
    ...legend(
      20,
      68,
      peers.map((peer) => [NAMES[peer], COLORS[peer]]),
    ),
    ...PANELS.flatMap((panel, at) => drawPanel(panel, 40 + at * (PANEL + GAP), rows, peers)),
  ]);
}

function drawPanel({ title, value }, left, rows, peers) {
  const across = linearScale(
    Math.max(...rows.map(({ senders }) => senders)),
    left + 20,
    left + PANEL,
  );
  const up = linearScale(Math.max(...rows.map(value)), BOTTOM, TOP);
  const points = (peer) =>
    rows
      .filter((row) => row.peer === peer)
      .map((row) => [across.place(row.senders), up.place(value(row)), row]);
  return [
    text(left, TOP - 16, title, { bold: true }),
    ...up.ticks.flatMap((tick) => [
      line(left + 20, up.place(tick), left + PANEL, up.place(tick)),
      text(left + 14, up.place(tick) + 4, String(Number(tick.toPrecision(3))), {
        anchor: "end",
        color: "#666666",
        size: 11,
      }),
    ]),
    ...across.ticks.map((tick) =>
      text(across.place(tick), BOTTOM + 18, String(tick), {
        anchor: "middle",
        color: "#666666",
        size: 11,
      }),
    ),
    ...[...peers].reverse().flatMap((peer) => [
      path(
        points(peer).map(([x, y]) => [x, y]),
        COLORS[peer],
      ),
      ...points(peer).map(([x, y, row]) =>
        dot(
          x,
          y,
          COLORS[peer],
          3.5,
          `${NAMES[peer]}, ${row.senders} senders: ${digits(value(row))}`,
        ),
      ),
    ]),
  ];
}

function busy({ cpu }) {
  return cpu.worker + cpu.pool;
}
