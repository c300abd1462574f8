/** A call of many senders through one worker, in its own time: steps that `bench/scale.mjs` takes. */
import { makeCall, schedule } from "./call.js";
import { Client } from "./client.js";

/** The first part of a call only lets the compilers see the code. */
const WARM = 1_500;

let call;

/** Everybody else seals what they will send, in a worker that is gone before anything is measured. */
export async function prepare({ peer, places, senders, milliseconds }) {
  const streams = makeCall(senders);
  const events = schedule(streams, WARM + milliseconds);
  const common = { peer, places, senders, streams };
  const others = new Client("scale-worker.js", { ...common, role: "others" });
  const frames = await others.ask({ type: "produce", events, streams });
  others.close();
  call = { common, events, frames };
}

/** The worker that is measured. */
export async function start() {
  call.worker = new Client("scale-worker.js", { ...call.common, role: "self" });
  await call.worker.ask({ type: "ready" });
}

/** Plays the first part of the call, or the one that counts. */
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

/** Two steps for who wants to know which process this is: a worker's thread, and its end. */
export async function wake() {
  call = { worker: new Client("ticker.js", {}) };
  const nothing = new SharedArrayBuffer(8);
  await call.worker.ask({ events: [], arrived: nothing, dues: nothing });
}

export function rest() {
  call.worker.close();
  call = undefined;
}
