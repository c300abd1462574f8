// The memory of a long call against its minutes: a panel for each kind of memory.
import { legend, line, linearScale, path, sheet, text } from "../../harness/svg.mjs";

const PANELS = {
  wasm: "WebAssembly in the worker, MiB",
  worker: "JavaScript heap of the worker, MiB (Chromium)",
  page: "JavaScript heap of the page, MiB (Chromium)",
  browser: "all processes of the browser, MiB",
};
const COLORS = { a: "#0072b2", b: "#d55e00", c: "#56b4e9", d: "#e69f00" };
const [WIDTH, LEFT, RIGHT, TOP, HEIGHT, GAP] = [720, 70, 690, 70, 130, 60];
const GREY = "#666666";
const MIB = 2 ** 20;

/** @param {{ minute: number, name: string }[]} samples of `sample()` */
export function memoryChart(samples) {
  const most = Math.max(...samples.map(({ minute }) => minute));
  const across = linearScale(most, LEFT, RIGHT);
  const panels = Object.keys(PANELS).filter((what) => samples.some((one) => one[what]));
  const parts = panels.flatMap((what, at) =>
    panel(samples, what, TOP + at * (HEIGHT + GAP), across),
  );
  const bottom = TOP + panels.length * (HEIGHT + GAP);
  return sheet(WIDTH, bottom + 20, [
    text(20, 28, "Memory of a long call of four, each minute", { size: 16, bold: true }),
    ...legend(20, 48, Object.entries(COLORS)),
    ...parts,
    text((LEFT + RIGHT) / 2, bottom, "minutes", { anchor: "middle", color: GREY }),
  ]);
}

function panel(samples, what, top, across) {
  const mine = samples.filter((one) => one[what]);
  const up = linearScale(Math.max(...mine.map((one) => one[what])) / MIB, top + HEIGHT, top + 14);
  const points = (name) =>
    mine
      .filter((one) => one.name === name)
      .map((one) => [across.place(one.minute), up.place(one[what] / MIB)]);
  return [
    text(LEFT, top, PANELS[what], { bold: true }),
    ...up.ticks.flatMap((tick) => [
      line(LEFT, up.place(tick), RIGHT, up.place(tick)),
      text(LEFT - 10, up.place(tick) + 4, String(tick), { anchor: "end", color: GREY, size: 11 }),
    ]),
    ...across.ticks.map((tick) =>
      text(across.place(tick), top + HEIGHT + 18, String(tick), {
        anchor: "middle",
        color: GREY,
        size: 11,
      }),
    ),
    ...Object.keys(COLORS)
      .filter((name) => points(name).length > 0)
      .map((name) => path(points(name), COLORS[name])),
  ];
}
