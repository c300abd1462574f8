/** The panel with the server's view: pixels, hex, and a player's attempt to show them. */
import { Attempt } from "./decoder.js";
import { $, make, press, toggle, write } from "./dom.js";
import { BytePicture, HexView } from "./serverview.js";
import { thing } from "./words.js";

const BYTES = "each byte a pixel: grey is sealed, colours mark the rest";

export class ServerPanel {
  #wire;
  #pixels = new BytePicture($("bytes"));
  #hex = new HexView();
  #attempt;
  #decoding = false;
  /** Whether somebody chose the stream by hand. */
  #chosenByHand = false;

  /** @param {import("./wire.js").Wire} wire */
  constructor(wire) {
    this.#wire = wire;
    this.#attempt = new Attempt($("attempt-picture"), () => wire.requestKeyFrames());
    $("stream").onchange = () => {
      this.#chosenByHand = true;
      this.#chosen();
    };
    toggle($("hold"), (on) => (this.#hex.held = on));
    toggle($("decode"), (on) => this.#decode(on));
    $("decode").hidden = !("VideoDecoder" in globalThis);
    press($("hold"), false);
  }

  /** The stream that is shown: a sender and a track. */
  get stream() {
    return $("stream").value;
  }

  /** Offers what these members send. @param {{ id: string, name: string, shares: boolean }[]} members */
  offer(members) {
    const before = this.stream;
    const streams = members.flatMap(({ id, name, shares }) =>
      ["camera", "microphone", ...(shares ? ["screen"] : [])].map((track) => ({
        value: `${id} ${track}`,
        textContent: `${name}: ${thing(track)}`,
      })),
    );
    $("stream").replaceChildren(...streams.map((stream) => make("option", stream)));
    const stays = streams.some(({ value }) => value === before);
    this.#chosenByHand &&= stays;
    // Until somebody chooses, the first of the others is shown.
    if (this.#chosenByHand || before === this.stream) $("stream").value = before;
    else this.#chosen();
  }

  /** @param {string} stream */
  choose(stream) {
    this.#chosenByHand = true;
    if (stream === this.stream) return;
    $("stream").value = stream;
    this.#chosen();
  }

  see(sample) {
    if (`${sample.sender} ${sample.track}` !== this.stream) return;
    const { bytes, cut } = sample;
    if (!this.#hex.held) {
      this.#pixels.show(bytes, cut);
      $("no-bytes").hidden = true;
    }
    this.#hex.show(sample, bytes, cut);
    if (this.#decoding && sample.kind === "video") this.#attempt.try(sample.key, bytes);
  }

  #chosen() {
    this.#hex.choose();
    if (this.#decoding) this.#decode(true);
    else this.#sample();
  }

  #sample() {
    const streams = [this.stream];
    this.#wire.sample("panel", this.#decoding ? { every: streams } : { watch: streams });
  }

  #decode(on) {
    this.#decoding = on;
    this.#attempt.stop();
    this.#sample();
    $("bytes").hidden = on;
    $("attempt-picture").hidden = !on;
    write($("attempt"), on ? "waiting for a whole picture to begin with" : BYTES);
  }
}
