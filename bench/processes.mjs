// What a browser's processes spend, thread by thread. Linux tells; other systems don't, in this detail.
import { existsSync, readFileSync, readdirSync } from "node:fs";

const WORKER = "DedicatedWorker";
/** Where WebCrypto and the garbage collector work on behalf of a worker. */
const POOL = "ThreadPool";

/** The process that runs the page: the one that has threads of workers, or will have. */
export async function findRenderer(browser, page) {
  const session = await browser.target().createCDPSession();
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

/** Milliseconds of CPU: of one thread, and of the pool that helps it. */
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

/** A thread may end between two lines of ours. */
function read(path) {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return undefined;
  }
}
