// A few strokes of SVG, for charts that read in light and dark pages alike.

const FONT = `font-family="system-ui, sans-serif"`;

/** A whole chart on a white background. */
export function sheet(width, height, parts) {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" ${FONT} font-size="12">`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    ...parts,
    "</svg>",
    "",
  ].join("\n");
}

/** @param {{ anchor?: string, color?: string, size?: number, bold?: boolean }} [style] */
export function text(
  x,
  y,
  words,
  { anchor = "start", color = "#333333", size = 12, bold = false } = {},
) {
  const weight = bold ? ` font-weight="600"` : "";
  return `<text x="${fix(x)}" y="${fix(y)}" text-anchor="${anchor}" fill="${color}" font-size="${size}"${weight}>${escape(words)}</text>`;
}

export function line(x1, y1, x2, y2, color = "#dddddd", width = 1) {
  return `<line x1="${fix(x1)}" y1="${fix(y1)}" x2="${fix(x2)}" y2="${fix(y2)}" stroke="${color}" stroke-width="${width}"/>`;
}

export function dot(x, y, color, radius, title) {
  return `<circle cx="${fix(x)}" cy="${fix(y)}" r="${radius}" fill="${color}"><title>${escape(title)}</title></circle>`;
}

export function bar(x, y, width, height, color, title) {
  return `<rect x="${fix(x)}" y="${fix(y)}" width="${fix(Math.max(width, 0))}" height="${fix(height)}" fill="${color}"><title>${escape(title)}</title></rect>`;
}

export function path(points, color, width = 2) {
  const d = points.map(([x, y], at) => `${at === 0 ? "M" : "L"}${fix(x)} ${fix(y)}`).join("");
  return `<path d="${d}" fill="none" stroke="${color}" stroke-width="${width}"/>`;
}

/** A legend: coloured names in a row. */
export function legend(x, y, names) {
  let at = x;
  return names.flatMap(([name, color]) => {
    const parts = [dot(at + 5, y - 4, color, 5, name), text(at + 14, y, name)];
    at += 28 + name.length * 6.4;
    return parts;
  });
}

/** A logarithmic scale from values to pixels. */
export function logScale(low, high, from, to) {
  const [first, last] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))];
  const place = (value) => from + ((Math.log10(value) - first) / (last - first)) * (to - from);
  return { place, ticks: Array.from({ length: last - first + 1 }, (_, at) => 10 ** (first + at)) };
}

/** A linear scale from zero to a round number above `high`. */
export function linearScale(high, from, to) {
  const magnitude = 10 ** Math.floor(Math.log10(high));
  const step =
    [0.2, 0.5, 1, 2].map((share) => share * magnitude).find((step) => high / step <= 6) ??
    magnitude * 2;
  const top = Math.ceil(high / step) * step;
  const place = (value) => from + (value / top) * (to - from);
  return { place, ticks: Array.from({ length: Math.round(top / step) + 1 }, (_, at) => at * step) };
}

function fix(value) {
  return Number(value.toFixed(1));
}

function escape(words) {
  return words.replace(/[<>&"]/g, (letter) => `&#${letter.charCodeAt(0)};`);
}
