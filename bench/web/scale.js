/** A call of many senders through one worker, in real time. `bench/scale.mjs` calls these steps. */
import { makeCall, schedule } from "./call.js";
import { Client } from "./client.js";

/** Milliseconds at the start of a call that do not count, because code is still being compiled. */
const WARM = 1_500;

let call;

/** Seals what the other members will send, in a worker that ends before the measurement. */
export async function prepare({ peer, places, senders, milliseconds }) {
  const streams = makeCall(senders);
  const events = schedule(streams, WARM + milliseconds);
  const common = { peer, places, senders, streams };
  const others = new Client("scale-worker.js", { ...common, role: "others" });
  const frames = await others.ask({ type: "produce", events, streams });
  others.close();
  call = { common, events, frames };
}

/** Starts the measured worker. */
export async function start() {
  call.worker = new Client("scale-worker.js", { ...call.common, role: "self" });
  await call.worker.ask({ type: "ready" });
}

/** Plays the part of the call that does not count, or the part that does. */
export async function play(part) {
  if (part === "warm") await connect();
  const { worker, ticker, events } = call;
  const chosen = events.filter(([due]) => due < WARM === (part === "warm"));
  const dues = new SharedArrayBuffer(chosen.length * Float64Array.BYTES_PER_ELEMENT);
  const arrived = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  await worker.ask({ type: "follow", events: chosen, arrived, dues });
  await ticker.ask({ events: chosen, arrived, dues });
  await new Promise((resolve) => setTimeout(resolve, 200));
  return worker.ask({ type: "report" });
}

export function wasmMemory() {
  return call.worker.ask({ type: "wasmMemory" });
}

export function stop() {
  call.worker.close();
  call.ticker.close();
  call = undefined;
}

async function connect() {
  const { worker, events, frames } = call;
  await worker.ask(
    { type: "load", events, frames },
    frames.map(({ data }) => data),
  );
  call.frames = undefined;
  call.ticker = new Client("ticker.js", {});
}

/** Starts and ends a worker thread, which shows Node which process has this page. */
export async function wake() {
  call = { worker: new Client("ticker.js", {}) };
  const nothing = new SharedArrayBuffer(8);
  await call.worker.ask({ events: [], arrived: nothing, dues: nothing });
}

export function rest() {
  call.worker.close();
  call = undefined;
}
