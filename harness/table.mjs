// Tables in plain text.

/** Pads cells to columns: the first column is left-aligned, all others right-aligned. */
export function align(lines) {
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  const pad = (text, column) =>
    column === 0 ? text.padEnd(widths[0]) : text.padStart(widths[column]);
  return lines.map((line) => line.map(pad).join("  "));
}

/** A number with three significant digits, or two below 1. */
export function digits(value) {
  if (value >= 100) return String(Math.round(value));
  return value.toPrecision(value >= 1 ? 3 : 2);
}
