/** Microseconds per frame over time: two small line charts on one scale. */
import { $, write } from "./dom.js";

const WIDTH = 300;
const HEIGHT = 96;
/** Microseconds at the bottom and at the top. Logarithmic: one slow frame must not flatten the rest. */
const SCALE = [10, 100_000];
/** One point a second. */
const POINTS = 90;
const SVG = "http://www.w3.org/2000/svg";

/** Sealing and opening, each with its median and its slowest hundredth. */
export class Chart {
  #panels = { seal: new Panel("seal"), open: new Panel("open") };

  /** @param {{ seal?: Times, open?: Times }} times @typedef {{ p50: number, p99: number }} Times */
  add(times) {
    for (const [name, panel] of Object.entries(this.#panels)) panel.add(times[name]);
  }
}

class Panel {
  /** @type {(Times | undefined)[]} */
  #points = [];
  #name;
  #lines;

  constructor(name) {
    this.#name = name;
    const svg = $(`chart-${name}`);
    svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
    for (const step of [100, 1000, 10_000])
      line(svg, "grid").setAttribute("d", `M0 ${heightOf(step)}H${WIDTH}`);
    this.#lines = { p99: line(svg, "p99"), p50: line(svg, "p50") };
  }

  /** @param {Times | undefined} times none in a second without frames */
  add(times) {
    this.#points = [...this.#points, times].slice(-POINTS);
    for (const [which, path] of Object.entries(this.#lines)) {
      write($(`${which}-${this.#name}`), `${which} ${times ? micro(times[which]) : "–"}`);
      path.setAttribute("d", this.#path(which));
    }
  }

  /** Gaps stay gaps. */
  #path(which) {
    const first = POINTS - this.#points.length;
    let pen = "M";
    const place = (point, i) => {
      if (!point) return ((pen = "M"), "");
      const step = `${pen}${(((first + i) / (POINTS - 1)) * WIDTH).toFixed(1)} ${heightOf(point[which])}`;
      pen = "L";
      return step;
    };
    return this.#points.map(place).join("");
  }
}

function heightOf(microseconds) {
  const [low, high] = SCALE.map(Math.log10);
  const share = (Math.log10(microseconds) - low) / (high - low);
  return (HEIGHT * (1 - Math.min(Math.max(share, 0), 1))).toFixed(1);
}

function line(svg, name) {
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("class", name);
  svg.append(path);
  return path;
}

function micro(value) {
  return value < 1000 ? `${Math.round(value)} µs` : `${(value / 1000).toFixed(1)} ms`;
}
