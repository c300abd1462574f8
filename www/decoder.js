/** What a decoder makes of sealed frames: the readable window is enough for it to try. */
import { $, count, write } from "./dom.js";

/** Milliseconds between two requests for a key frame. */
const PAUSE = 1000;

/** An honest attempt to watch the call without its key. */
export class Attempt {
  #canvas;
  #requestKeyFrame;
  #decoder;
  #tried = 0;
  #pictures = 0;
  #requestedAt = -PAUSE;

  /** @param {HTMLCanvasElement} canvas @param {() => void} requestKeyFrame */
  constructor(canvas, requestKeyFrame) {
    this.#canvas = canvas;
    this.#requestKeyFrame = requestKeyFrame;
  }

  /** @param {boolean} key @param {Uint8Array} bytes a frame as it was on the wire */
  try(key, bytes) {
    if (!this.#decoder && !key) return this.#ask();
    this.#decoder ??= this.#start();
    const chunk = new EncodedVideoChunk({
      type: key ? "key" : "delta",
      timestamp: this.#tried++,
      data: bytes,
    });
    if (this.#decoder.state === "configured") this.#decoder.decode(chunk);
    this.#tell();
  }

  stop() {
    this.#giveUp();
    this.#tried = this.#pictures = 0;
    $("no-attempt").hidden = true;
    this.#canvas.getContext("2d").clearRect(0, 0, this.#canvas.width, this.#canvas.height);
  }

  #start() {
    const decoder = new VideoDecoder({
      output: (frame) => this.#draw(frame),
      error: () => this.#giveUp(),
    });
    decoder.configure({ codec: "vp8" });
    return decoder;
  }

  #draw(frame) {
    this.#pictures++;
    const { width, height } = this.#canvas;
    this.#canvas.getContext("2d").drawImage(frame, 0, 0, width, height);
    frame.close();
    this.#tell();
  }

  /** A decoder that met an error is done for; the next one starts at a key frame. */
  #giveUp() {
    if (this.#decoder && this.#decoder.state !== "closed") this.#decoder.close();
    this.#decoder = undefined;
  }

  #ask() {
    if (performance.now() - this.#requestedAt < PAUSE) return;
    this.#requestedAt = performance.now();
    this.#requestKeyFrame();
  }

  #tell() {
    $("no-attempt").hidden = this.#pictures > 0;
    const came = this.#pictures ? `${count(this.#pictures)} came out, as noise` : "none came out";
    write($("attempt"), `${count(this.#tried)} frames tried, ${came}`);
  }
}
