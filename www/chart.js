/** Small line charts over the last minute and a half: time per frame, and bytes added. */
import { $, write } from "./dom.js";

const WIDTH = 300;
const HEIGHT = 64;
/** One point a second. */
const POINTS = 90;
const SVG = "http://www.w3.org/2000/svg";

/** Microseconds from bottom to top. Logarithmic: one slow frame must not flatten the rest. */
const TIME = { low: 10, high: 100_000, log: true, grid: [100, 1000, 10_000], say: micro };
/** Per cent from bottom to top. */
const SHARE = { low: 0, high: 20, grid: [5, 10, 15], say: (value) => `${value.toFixed(1)} %` };

export class Charts {
  #seal = new Chart("seal", ["p99", "p50"], TIME);
  #open = new Chart("open", ["p99", "p50"], TIME);
  #added = new Chart("added", ["now"], SHARE);
  #sent = { bytes: 0, overhead: 0 };

  /** @param {{ seal?: Times, open?: Times }} times @typedef {{ p50: number, p99: number }} Times */
  times({ seal, open }) {
    this.#seal.add(seal);
    this.#open.add(open);
  }

  /** @param {{ bytes: number, overhead: number }} sent since the page entered */
  bytes(sent) {
    const bytes = sent.bytes - this.#sent.bytes;
    const overhead = sent.overhead - this.#sent.overhead;
    this.#sent = sent;
    this.#added.add(bytes > 0 ? { now: (100 * overhead) / bytes } : undefined);
  }
}

class Chart {
  /** @type {(Record<string, number> | undefined)[]} */
  #points = [];
  #name;
  #lines;
  #scale;

  /** @param {string} name @param {string[]} lines @param {typeof TIME} scale */
  constructor(name, lines, scale) {
    this.#name = name;
    this.#scale = scale;
    const svg = $(`chart-${name}`);
    svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
    svg.replaceChildren();
    for (const step of scale.grid)
      line(svg, "grid").setAttribute("d", `M0 ${this.#height(step)}H${WIDTH}`);
    this.#lines = Object.fromEntries(lines.map((which) => [which, line(svg, which)]));
  }

  /** @param {Record<string, number> | undefined} values none in a second without frames */
  add(values) {
    this.#points = [...this.#points, values].slice(-POINTS);
    for (const [which, path] of Object.entries(this.#lines)) {
      const said = values ? this.#scale.say(values[which]) : "–";
      write($(`${which}-${this.#name}`), said);
      path.setAttribute("d", this.#path(which));
    }
  }

  /** Gaps stay gaps. */
  #path(which) {
    const first = POINTS - this.#points.length;
    let pen = "M";
    const place = (point, i) => {
      if (!point) return ((pen = "M"), "");
      const x = (((first + i) / (POINTS - 1)) * WIDTH).toFixed(1);
      const step = `${pen}${x} ${this.#height(point[which])}`;
      pen = "L";
      return step;
    };
    return this.#points.map(place).join("");
  }

  #height(value) {
    const { low, high, log } = this.#scale;
    const map = log ? Math.log10 : (x) => x;
    const share = (map(value) - map(low)) / (map(high) - map(low));
    return (HEIGHT * (1 - Math.min(Math.max(share, 0), 1))).toFixed(1);
  }
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
