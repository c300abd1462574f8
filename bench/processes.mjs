// The CPU time of a browser's threads. Only Linux reports it in this detail.
import { existsSync, readFileSync, readdirSync } from "node:fs";

const WORKER = "DedicatedWorker";
/** Threads in which WebCrypto and the garbage collector work for a worker. */
const POOL = "ThreadPool";

/** The process that runs the page: the renderer that has worker threads. */
export async function findRenderer(page) {
  const session = await page.browser().target().createCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  const renderers = processInfo.filter(({ type }) => type === "renderer").map(({ id }) => id);
  await page.evaluate(() => bench.scale.wake());
  const found = renderers.find((pid) => threads(pid).some(({ name }) => name.startsWith(WORKER)));
  await page.evaluate(() => bench.scale.rest());
  await session.detach();
  return found;
}

/** The ids of the workers' threads. */
export function workerThreads(pid) {
  return threads(pid)
    .filter(({ name }) => name.startsWith(WORKER))
    .map(({ id }) => id);
}

/** Milliseconds of CPU of one thread and of the thread pool that helps it. */
export function cpuTime(pid, worker) {
  const pool = threads(pid).filter(({ name }) => name.startsWith(POOL));
  const sum = pool.reduce((total, { id }) => total + spent(pid, id), 0);
  return { worker: spent(pid, worker), pool: sum };
}

function threads(pid) {
  if (!existsSync(`/proc/${pid}/task`)) return [];
  return readdirSync(`/proc/${pid}/task`).flatMap((id) => {
    const name = read(`/proc/${pid}/task/${id}/comm`);
    return name ? [{ id, name }] : [];
  });
}

/** The first field of schedstat: nanoseconds on a processor. */
function spent(pid, id) {
  const [nanoseconds] = (read(`/proc/${pid}/task/${id}/schedstat`) ?? "0").split(" ");
  return Number(nanoseconds) / 1e6;
}

/** A thread can end between listing and reading. */
function read(path) {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return undefined;
  }
}
