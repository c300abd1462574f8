/** What a server sees of a frame: its bytes as pixels, and the first of them in hex. */
import { $, count, write } from "./dom.js";
import { showKid } from "./words.js";

const PARTS = ["window", "header", "body", "tag"];
/** Bytes of ciphertext that the hex view shows. */
const SHOWN = 176;
/** Milliseconds between two hex dumps: more often cannot be read. */
const PAUSE = 400;
/** For those who want less to move. */
const CALM = matchMedia("(prefers-reduced-motion: reduce)");
const CALM_PAUSE = 2000;

/** Draws each frame's bytes behind those of the last one, from the top again at the end. */
export class BytePicture {
  #pen;
  #image;
  #at = 0;
  #shownAt = -CALM_PAUSE;
  #colours = partColours();

  /** @param {HTMLCanvasElement} canvas one pixel a byte */
  constructor(canvas) {
    this.#pen = canvas.getContext("2d");
    this.#image = this.#pen.createImageData(canvas.width, canvas.height);
    matchMedia("(prefers-color-scheme: dark)").onchange = () => (this.#colours = partColours());
  }

  /** @param {Uint8Array} bytes @param {ReturnType<typeof import("/harness/page/sframe-header.js").dissect>} cut */
  show(bytes, cut) {
    if (CALM.matches && performance.now() - this.#shownAt < CALM_PAUSE) return;
    this.#shownAt = performance.now();
    $("no-bytes").hidden = true;
    const pixels = this.#image.data;
    let next = 0;
    for (const part of PARTS) {
      const [red, green, blue] = this.#colours[part];
      for (const end = next + cut[part]; next < end; next++) {
        // Only the ciphertext is shaded by its value: the other parts are too small to be found.
        const light = part === "body" ? bytes[next] / 255 : 1;
        pixels.set([red * light, green * light, blue * light, 255], this.#at);
        this.#at = (this.#at + 4) % pixels.length;
      }
    }
    this.#pen.putImageData(this.#image, 0, 0);
  }
}

/** The newest frame of one stream, its parts told apart. */
export class HexView {
  #shownAt = 0;
  #parts = Object.fromEntries(PARTS.map((part) => [part, $(`hex-${part}`)]));
  held = false;
  /** Which stream: direction and kind. */
  stream = "open video";

  /** @param {{ direction: string, kind: string, mime: string, key: boolean }} sample */
  show(sample, bytes, cut) {
    const now = performance.now();
    if (
      this.held ||
      this.stream !== `${sample.direction} ${sample.kind}` ||
      now - this.#shownAt < PAUSE
    )
      return;
    this.#shownAt = now;
    $("no-hex").hidden = true;
    this.#dump(bytes, cut);
    this.#describe(sample, bytes, cut);
  }

  /** Another stream's frames from now on, at once. @param {string} stream */
  choose(stream) {
    this.stream = stream;
    this.#shownAt = 0;
  }

  #dump(bytes, cut) {
    const body = cut.window + cut.header;
    const tag = body + cut.body;
    const shown = Math.min(cut.body, SHOWN);
    write(this.#parts.window, hex(bytes.subarray(0, cut.window)));
    write(this.#parts.header, hex(bytes.subarray(cut.window, body)));
    write(this.#parts.body, hex(bytes.subarray(body, body + shown)));
    write($("hex-more"), cut.body > shown ? `… ${count(cut.body - shown)} more … ` : "");
    write(this.#parts.tag, hex(bytes.subarray(tag)));
  }

  #describe({ mime, key, kind }, bytes, cut) {
    const codec = mime.split("/")[1] ?? "unknown codec";
    const type = kind === "audio" ? "frame" : key ? "key frame" : "delta frame";
    write($("hex-what"), `${codec} ${type}, ${count(bytes.length)} bytes`);
    write($("say-window"), `${cut.window || "no"} ${cut.window === 1 ? "byte" : "bytes"}`);
    write($("say-header"), `key ${showKid(cut.kid)}, frame ${count(Number(cut.ctr ?? 0))}`);
    write($("say-body"), `${count(cut.body)} bytes`);
    write($("say-tag"), `${cut.tag} bytes`);
  }
}

/** "0a ff ": a blank behind each, so that lines break between bytes. */
function hex(bytes) {
  return Array.from(bytes, (byte) => `${byte.toString(16).padStart(2, "0")} `).join("");
}

/** The colours of style.css as numbers. */
function partColours() {
  const style = getComputedStyle(document.documentElement);
  const pen = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const read = (part) => {
    pen.fillStyle = style.getPropertyValue(`--pixel-${part}`);
    pen.fillRect(0, 0, 1, 1);
    return pen.getImageData(0, 0, 1, 1).data;
  };
  return Object.fromEntries(PARTS.map((part) => [part, read(part)]));
}
