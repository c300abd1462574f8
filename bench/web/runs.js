/** What a peer is asked to run, by question: whole pipes, its cipher alone, or parts of our way through. */
import { CipherRun, leadOf } from "./cipher.js";
import { DIRECTIONS, ROWS, encode } from "./frames.js";
import { makeHouse } from "./house.js";
import { Pipe } from "./pipe.js";

/** The adapter of each peer, in peers/. */
const ADAPTERS = {
  pipe: {
    ours: "ours",
    crate: "ours",
    livekit: "livekit",
    stream: "stream",
    "davey-wasm": "davey-wasm",
    "davey-native": "davey-native",
    webcrypto: "webcrypto",
    identity: "identity",
  },
  cipher: {
    ours: "engine",
    crate: "engine",
    "davey-wasm": "davey-wasm",
    "davey-native": "davey-native",
    webcrypto: "webcrypto",
    identity: "identity",
  },
  parts: { crossing: "parts", "copy-in": "parts", "copy-out": "parts" },
};

/** Starts a peer; what is returned runs `count` frames of a row and tells their times. */
export async function startRuns({ what, peer, places }) {
  const adapter = await import(`./peers/${ADAPTERS[what][peer]}.js`);
  const house = makeHouse(places);
  if (what !== "pipe") {
    const make = await adapter.startCipher(house);
    const runs = ROWS.map((row) => new CipherRun(make(row), row));
    return ({ row, count }) => runs[row].run(count);
  }
  const started = await adapter.startPipe(house);
  const runs = ROWS.map((row, index) => new PipeRun({ ...row, ssrc: 1_000 + index }, started));
  return ({ row, count, timed }) => runs[row].run(count, timed);
}

/** A pipe that seals and one that opens what came out of it. */
class PipeRun {
  #pipes;

  constructor(row, peer) {
    this.row = row;
    this.track = `${row.codec}-${row.bytes}`;
    this.peer = peer;
    this.plain = encode(row);
  }

  async run(count, timed) {
    this.#pipes ??= await this.#connect();
    const method = timed ? "runTimed" : "run";
    const lead = leadOf(count);
    // To each frame its own bytes: a peer may take them apart.
    const plain = Array.from({ length: lead + count }, () => this.plain.slice());
    const seal = await this.#pipes.seal[method](plain, lead);
    const open = await this.#pipes.open[method](seal.out, lead);
    if (!same(open.out.at(-1), this.plain))
      throw new Error(`${this.track}: not the frame that was sealed`);
    return { seal: seal.us, open: open.us };
  }

  async #connect() {
    const pipes = DIRECTIONS.map((direction) => [direction, new Pipe(this.row)]);
    for (const [direction, pipe] of pipes) this.peer.connect(direction, pipe, { track: this.track });
    await new Promise((resolve) => setTimeout(resolve, 20));
    return Object.fromEntries(pipes);
  }
}

function same(a, b) {
  if (a.byteLength !== b.byteLength) return false;
  const [left, right] = [new Uint8Array(a), new Uint8Array(b)];
  return left.every((byte, at) => byte === right[at]);
}
