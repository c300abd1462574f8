// Question "scale": how does the cost of one worker grow with the number of senders?
import { withPage } from "./page.mjs";
import { cpuTime, findRenderer, workerThreads } from "./processes.mjs";
import { places } from "./setup.mjs";
import { median } from "./web/stats.js";
import { say } from "../harness/steps.mjs";

export const SENDERS = [2, 10, 25, 50, 100];
export const RIVALS = ["ours", "livekit", "identity"];

/**
 * @param {{ url: string, processes: number, milliseconds: number }} plan
 * @returns one row per call and peer
 */
export async function measureScale({ url, processes, ...plan }) {
  const runs = [];
  for (let count = 0; count < processes; count++) {
    runs.push(...(await withPage(url, (page) => runCalls(url, page, plan, count))));
    say(`  process ${count + 1} of ${processes}`);
  }
  return SENDERS.flatMap((senders) => RIVALS.map((peer) => summarize(senders, peer, runs)));
}

async function runCalls(url, page, plan, turn) {
  const pid = await findRenderer(page);
  const runs = [];
  for (const senders of SENDERS) {
    for (const peer of rotate(RIVALS, turn)) {
      runs.push({
        senders,
        peer,
        ...(await runCall(page, pid, { ...plan, peer, senders, places: places(url, peer) })),
      });
    }
  }
  return runs;
}

async function runCall(page, pid, query) {
  await page.evaluate((query) => bench.scale.prepare(query), query);
  const before = workerThreads(pid);
  await page.evaluate(() => bench.scale.start());
  const [thread] = workerThreads(pid).filter((id) => !before.includes(id));
  const empty = await memory(page);
  await page.evaluate(() => bench.scale.play("warm"));
  const start = cpuTime(pid, thread);
  const report = await page.evaluate(() => bench.scale.play("measured"));
  const end = cpuTime(pid, thread);
  const full = await memory(page);
  await page.evaluate(() => bench.scale.stop());
  const perSecond = (part) => ((end[part] - start[part]) / query.milliseconds) * 1000;
  return { ...report, worker: perSecond("worker"), pool: perSecond("pool"), empty, full };
}

/** The worker's heap, buffers and wasm memory in bytes, after a garbage collection. */
async function memory(page) {
  const [worker] = page.workers().filter((worker) => worker.url().endsWith("scale-worker.js"));
  await worker.client.send("HeapProfiler.collectGarbage");
  const {
    usedSize,
    embedderHeapUsedSize = 0,
    backingStorageSize = 0,
  } = await worker.client.send("Runtime.getHeapUsage");
  const wasm = await page.evaluate(() => bench.scale.wasmMemory());
  return usedSize + embedderHeapUsedSize + backingStorageSize + wasm;
}

function summarize(senders, peer, runs) {
  const own = runs.filter((run) => run.senders === senders && run.peer === peer);
  const over = (value) => median(own.map(value));
  return {
    senders,
    peer,
    frames: over((run) => run.frames),
    lost: over((run) => run.lost),
    cpu: { worker: over((run) => run.worker), pool: over((run) => run.pool) },
    latency: { p50: over((run) => run.p50), p99: over((run) => run.p99) },
    memory: over((run) => run.full),
    empty: over((run) => run.empty),
  };
}

function rotate(list, by) {
  const at = by % list.length;
  return [...list.slice(at), ...list.slice(0, at)];
}
