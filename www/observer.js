/** Everything that is shown of the wire: pixels, hex, a decoder's attempt, and which keys are in use. */
import { dissect } from "/harness/page/sframe-header.js";
import { Attempt } from "./decoder.js";
import { $, write } from "./dom.js";
import { toggle } from "./page.js";
import { BytePicture, HexView } from "./serverview.js";
import { showKid } from "./words.js";

const BYTES = "the same frames, each byte a pixel";

/** Events: "key" (`detail`: the id of the key that the other side's frames now carry). */
export class Observer extends EventTarget {
  #tap;
  #pixels = new BytePicture($("bytes"));
  #hex = new HexView();
  #attempt = new Attempt($("attempt-picture"), () => this.#tap.tell("key-frame"));
  #decoding = false;
  #keys = { seal: "–", open: "–" };

  /** @param {import("/harness/page/tap.js").Tap} tap */
  constructor(tap) {
    super();
    this.#tap = tap;
    tap.addEventListener("frame", ({ detail }) => this.#see(detail));
    $("stream").onchange = () => this.#hex.choose($("stream").value);
    toggle($("hold"), (on) => (this.#hex.held = on));
    toggle($("decode"), (on) => this.#decode(on));
    $("decode").hidden = !("VideoDecoder" in globalThis);
  }

  /** The id of the key that our own frames carry. */
  get ownKey() {
    return this.#keys.seal;
  }

  /** Another peer: its keys are no change of this one's. */
  forget() {
    this.#keys = { seal: "–", open: "–" };
  }

  #see(sample) {
    const bytes = new Uint8Array(sample.bytes);
    const cut = dissect(bytes, sample.mime);
    this.#noteKey(sample, cut);
    this.#hex.show(sample, bytes, cut);
    if (sample.direction !== "open" || sample.kind !== "video") return;
    if (!this.#hex.held) this.#pixels.show(bytes, cut);
    if (this.#decoding) this.#attempt.try(sample.key, bytes);
  }

  /** A frame with a flipped bit may seem to carry any key: its header says nothing. */
  #noteKey({ direction, flipped }, { kid }) {
    if (kid === undefined || flipped) return;
    const key = showKid(kid);
    const before = this.#keys[direction];
    this.#keys[direction] = key;
    const changed = before !== "–" && before !== key && direction === "open";
    if (changed) this.dispatchEvent(new CustomEvent("key", { detail: key }));
  }

  #decode(on) {
    this.#decoding = on;
    this.#tap.tell("every-frame", { on });
    $("bytes").hidden = on;
    $("attempt-picture").hidden = !on;
    write($("attempt"), on ? "waiting for a key frame" : BYTES);
    if (!on) this.#attempt.stop();
  }
}
