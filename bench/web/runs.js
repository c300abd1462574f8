/** The work of each question: whole pipes, the cipher alone, or parts of our pipe. */
import { CipherRun, leadOf } from "./cipher.js";
import { DIRECTIONS, ROWS, encode } from "./frames.js";
import { makeAdapterContext } from "./adapter.js";
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

/** Starts a peer. @returns a function that runs `count` frames of a row and returns their times */
export async function startRuns({ what, peer, places }) {
  const adapter = await import(`./peers/${ADAPTERS[what][peer]}.js`);
  const context = makeAdapterContext(places);
  if (what !== "pipe") {
    const make = await adapter.startCipher(context);
    const runs = ROWS.map((row) => new CipherRun(make(row), row));
    return ({ row, count }) => runs[row].run(count);
  }
  const started = await adapter.startPipe(context);
  const runs = ROWS.map((row, index) => new PipeRun({ ...row, ssrc: 1_000 + index }, started));
  await context.pause();
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
    // Each frame has bytes of its own, because a peer may change them.
    const plain = Array.from({ length: lead + count }, () => this.plain.slice());
    const seal = await this.seal[method](plain, lead);
    const open = await this.open[method](seal.out, lead);
    if (!same(open.out.at(-1), this.plain))
      throw new Error("not the frame that was sealed came out");
    return { seal: seal.us, open: open.us };
  }
}

function same(a, b) {
  if (a.byteLength !== b.byteLength) return false;
  const [left, right] = [new Uint8Array(a), new Uint8Array(b)];
  return left.every((byte, at) => byte === right[at]);
}
