// The table of single frames.
import { align, digits } from "../harness/table.mjs";
import { footnotes } from "./notes.mjs";

const TITLES = {
  pipe: "Whole pipe: a frame through the worker, stream in to stream out, one frame at a time",
  cipher: "The cipher alone: the thinnest call there is",
};

/** The table of one question. Rows are frames, columns are peers. */
export function frameTable(what, rows, peers, versions) {
  const own = rows.filter((row) => row.what === what);
  const lines = [["", ...peers]];
  for (const direction of ["seal", "open"]) {
    const frames = [...new Set(own.map(frameName))];
    for (const frame of frames) {
      const cells = peers.map((peer) =>
        cell(
          own.find(
            (row) => row.peer === peer && row.direction === direction && frameName(row) === frame,
          ),
        ),
      );
      lines.push([`${direction} ${frame}`, ...cells]);
    }
  }
  return [
    `\n${TITLES[what]}`,
    "µs p50/p99 of a frame; x = how many times our p50, measured pairwise",
    "",
    ...align(lines),
    "",
    ...footnotes(what, own, versions),
  ].join("\n");
}

export function frameName({ codec, bytes }) {
  return `${{ opus: "Opus", vp8: "VP8", h264: "H.264" }[codec]} ${size(bytes)}`;
}

export function size(bytes) {
  return bytes < 1_000 ? `${bytes} B` : `${bytes / 1_000} KB`;
}

function cell({ us, ratio, peer }) {
  const times = `${digits(us.p50)}/${digits(us.p99)}`;
  const star = ratio < 0.995 && peer !== "identity" ? "*" : "";
  return peer === "ours" ? times : `${times} x${digits(ratio)}${star}`;
}
