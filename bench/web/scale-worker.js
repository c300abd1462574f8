/**
 * A worker with one peer and all streams of a call. The page has two such workers: one stands for
 * all other members and seals what they send, and one is measured.
 */
import { SELF, makeEncoder, names } from "./call.js";
import { frame } from "./frames.js";
import { makeAdapterContext } from "./adapter.js";
import { quantile } from "./stats.js";

/** Streams of the call, by number. @type {Track[]} */
let tracks = [];
const encode = makeEncoder();
/** @type {WebAssembly.Memory[]} */
const memories = [];

self.onmessage = ({ data, ports: [port] }) => {
  self.onmessage = null;
  const starting = start(data);
  port.onmessage = async ({ data: { type, ...fields } }) => {
    try {
      await starting;
      const { value, transfer = [] } = await REQUESTS[type](fields);
      port.postMessage({ value }, transfer);
    } catch (error) {
      port.postMessage({ error: `${error?.stack ?? error}` });
    }
  };
};

const REQUESTS = {
  ready: () => ({ value: true }),
  produce,
  load,
  follow,
  report,
  wasmMemory,
};

/** A stream of the call: its frames, and how long each took. */
class Track {
  /** Frames that wait. */
  queue = [];
  /** Frames on their way, oldest first. */
  due = [];
  latencies = [];
  #in;
  #count = 0;
  #out = () => {};

  constructor(row) {
    this.row = row;
    this.readable = new ReadableStream({ start: (controller) => void (this.#in = controller) });
    this.writable = new WritableStream({ write: (frame) => this.#arrive(frame) });
  }

  /** Enqueues the next frame, which came at `due`. */
  feed(due) {
    const next = this.queue[this.#count];
    if (!next) return;
    this.queue[this.#count] = undefined;
    this.due.push(due);
    this.#in.enqueue(frame(this.row, next.type, next.data, this.#count++));
  }

  /** Puts one frame through and waits. */
  pass({ type, data }) {
    return new Promise((resolve) => {
      this.#out = resolve;
      this.#in.enqueue(frame(this.row, type, data, this.#count++));
    });
  }

  #arrive(frame) {
    if (this.due.length > 0) this.latencies.push(clock() - this.due.shift());
    this.#out(frame);
  }
}

/** `role` is "others" or "self". */
async function start({ peer, places, role, senders, streams }) {
  const { startPipe } = await import(`./peers/${peer}.js`);
  watchMemory();
  const all = names(senders);
  const here =
    role === "self"
      ? { locals: [SELF], self: SELF, senders: all }
      : { locals: all, self: all[0], senders: [] };
  const { connect } = await startPipe(makeAdapterContext(places), here);
  tracks = streams.map(({ codec }, index) => new Track({ codec, ssrc: 1_000 + index }));
  streams.forEach(({ direction, sender, track }, index) => {
    const ours = role === "self";
    if (ours || direction === "open")
      connect(ours ? direction : "seal", tracks[index], { sender, track });
  });
}

function watchMemory() {
  const { instantiate, instantiateStreaming } = WebAssembly;
  const watch =
    (original) =>
    async (...args) => {
      const result = await original.apply(WebAssembly, args);
      memories.push((result.instance ?? result).exports.memory);
      return result;
    };
  Object.assign(WebAssembly, {
    instantiate: watch(instantiate),
    instantiateStreaming: watch(instantiateStreaming),
  });
}

/** Seals what the other members send. */
async function produce({ events, streams }) {
  const sealed = [];
  for (const [, index, type, bytes] of events) {
    const data = encode(streams[index].codec, type, bytes);
    if (streams[index].direction === "seal") sealed.push({ type, data });
    else sealed.push({ type, data: (await tracks[index].pass({ type, data })).data });
  }
  return { value: sealed, transfer: sealed.map(({ data }) => data) };
}

function load({ events, frames }) {
  events.forEach(([, index], at) => tracks[index].queue.push(frames[at]));
  return { value: true };
}

/**
 * Frames come when the ticker wakes this worker, in a task of their own, as from a receiving
 * thread.
 */
function follow({ events, arrived, dues }) {
  feedAll(
    events.map(([, index]) => tracks[index]),
    new Int32Array(arrived),
    new Float64Array(dues),
  );
  return { value: true };
}

async function feedAll(order, arrived, dues) {
  for (let next = 0; next < order.length; ) {
    const { async, value } = Atomics.waitAsync(arrived, 0, next);
    if (async) await value;
    for (const end = Atomics.load(arrived, 0); next < end; next++) order[next].feed(dues[next]);
  }
}

/** Bytes of all wasm memories of this worker. Heap statistics do not include them. */
function wasmMemory() {
  const value = memories.reduce((sum, { buffer }) => sum + buffer.byteLength, 0);
  return { value };
}

/** Latencies in milliseconds since the last report, and frames that never came out. */
function report() {
  const all = tracks.flatMap(({ latencies }) => latencies);
  const lost = tracks.reduce((sum, { due }) => sum + due.length, 0);
  tracks.forEach((track) => (track.latencies = []));
  return { value: { frames: all.length, lost, p50: quantile(all, 0.5), p99: quantile(all, 0.99) } };
}

/** One clock for all threads. */
function clock() {
  return performance.timeOrigin + performance.now();
}
