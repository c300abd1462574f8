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
  await house.pause();
  return ({ row, count, timed }) => runs[row].run(count, timed);
}

/** A pipe that seals and one that opens what came out of it. */
class PipeRun {
  constructor(row, peer) {
    this.plain = encode(row);
    const track = `${row.codec}-${row.bytes}`;
    for (const direction of DIRECTIONS) {
      this[direction] = new Pipe(row);
      peer.connect(direction, this[direction], { track });
    }
  }

  async run(count, timed) {
    const method = timed ? "runTimed" : "run";
    const lead = leadOf(count);
    // To each frame its own bytes: a peer may take them apart.
    const plain = Array.from({ length: lead + count }, () => this.plain.slice());
    const seal = await this.seal[method](plain, lead);
    const open = await this.open[method](seal.out, lead);
    if (!same(open.out.at(-1), this.plain)) throw new Error("not the frame that was sealed came out");
    return { seal: seal.us, open: open.us };
  }
}

function same(a, b) {
  if (a.byteLength !== b.byteLength) return false;
  const [left, right] = [new Uint8Array(a), new Uint8Array(b)];
  return left.every((byte, at) => byte === right[at]);
}
