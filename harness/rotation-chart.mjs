// How long a rotation takes, against the number of members: as a table and as a chart.
import { align } from "./table.mjs";
import { dot, line, linearScale, path, sheet, text } from "./svg.mjs";

const TITLE = "From a leave to the new key at all who remain";
const SETTING = "Messages take 10 to 40 ms; each step of WebCrypto 1 ms, one after the other.";
const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [720, 400, 70, 600, 80, 340];
const GREY = "#666666";

const LINES = [
  { loss: 0, value: "p50", color: "#56b4e9" },
  { loss: 0, value: "p99", color: "#0072b2" },
  { loss: 5, value: "p50", color: "#e69f00" },
  { loss: 5, value: "p99", color: "#d55e00" },
];

export function rotationTable(rows) {
  const sizes = [...new Set(rows.map(({ members }) => members))];
  const cells = (members) =>
    LINES.map(({ loss, value }) => String(find(rows, members, loss)[value]));
  const heads = LINES.map((of) => name(of));
  return [
    `${TITLE}, ms. ${SETTING}`,
    "",
    ...align([
      ["members", ...heads],
      ...sizes.map((members) => [String(members), ...cells(members)]),
    ]),
  ].join("\n");
}

export function rotationChart(rows) {
  const across = linearScale(Math.max(...rows.map(({ members }) => members)), LEFT, RIGHT);
  const up = linearScale(Math.max(...rows.map(({ p99 }) => p99)), BOTTOM, TOP);
  return sheet(WIDTH, HEIGHT, [
    text(20, 28, TITLE, { size: 16, bold: true }),
    text(20, 48, SETTING, { color: GREY }),
    ...up.ticks.flatMap((tick) => [
      line(LEFT, up.place(tick), RIGHT, up.place(tick)),
      text(LEFT - 10, up.place(tick) + 4, seconds(tick), { anchor: "end", color: GREY, size: 11 }),
    ]),
    ...across.ticks.map((tick) =>
      text(across.place(tick), BOTTOM + 20, String(tick), {
        anchor: "middle",
        color: GREY,
        size: 11,
      }),
    ),
    text((LEFT + RIGHT) / 2, BOTTOM + 42, "members", { anchor: "middle", color: GREY }),
    ...LINES.flatMap((of) => drawLine(of, rows, across, up)),
    ...names(rows, up),
  ]);
}

/** Names the lines beside their ends. No name covers another. */
function names(rows, up) {
  const most = Math.max(...rows.map(({ members }) => members));
  const ends = LINES.map((of) => ({ of, y: up.place(find(rows, most, of.loss)[of.value]) + 4 }));
  ends.sort((a, b) => b.y - a.y);
  ends.forEach((end, at) => (end.y = Math.min(end.y, (ends[at - 1]?.y ?? Infinity) - 16)));
  return ends.map(({ of, y }) => text(RIGHT + 12, y, name(of), { color: of.color, bold: true }));
}

function drawLine(of, rows, across, up) {
  const mine = rows.filter(({ loss }) => loss === of.loss);
  const points = mine.map((row) => [across.place(row.members), up.place(row[of.value])]);
  const title = (row) => `${name(of)}, ${row.members} members: ${row[of.value]} ms`;
  return [
    path(points, of.color),
    ...points.map(([x, y], at) => dot(x, y, of.color, 3.5, title(mine[at]))),
  ];
}

function find(rows, members, loss) {
  return rows.find((row) => row.members === members && row.loss === loss);
}

function name({ loss, value }) {
  return `${value}, ${loss} % lost`;
}

function seconds(ms) {
  return `${ms / 1000} s`;
}
