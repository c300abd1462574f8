// Question "wrap": what does one new key for many devices cost?
import { withPage } from "./page.mjs";
import { cpuTime, findRenderer, workerThreads } from "./processes.mjs";
import { align } from "../harness/table.mjs";
import { median } from "./web/stats.js";
import { say } from "../harness/steps.mjs";

const DEVICES = 200;
const KEMS = ["p256", "mlkem768-p256"];
/** Keys per process. The first one is slower, because the module is still being compiled. */
const RUNS = 5;

/**
 * @param {{ url: string, processes: number }} plan
 * @returns one row per KEM: milliseconds of wall-clock time and of CPU
 */
export async function measureWrap({ url, processes }) {
  const runs = [];
  for (let count = 0; count < processes; count++) {
    runs.push(...(await withPage(url, runKems)));
    say(`  process ${count + 1} of ${processes}`);
  }
  return KEMS.map((kem) => {
    const own = runs.filter((run) => run.kem === kem);
    const over = (field) => Math.round(median(own.map((run) => run[field])));
    const [first, milliseconds, cpu] = ["first", "milliseconds", "cpu"].map(over);
    return { what: "wrap", kem, devices: DEVICES, milliseconds, first, cpu };
  });
}

/**
 * The least CPU time of a few runs in one process, in milliseconds, or undefined if the system does
 * not report it.
 */
export function leastWrap({ url, kem }) {
  return withPage(url, async (page) => {
    const pid = await findRenderer(page);
    return pid && (await runKem(page, pid, kem)).least;
  });
}

export function wrapTable(rows) {
  const cells = rows.map(({ kem, ...row }) => [
    kem,
    ...["milliseconds", "cpu", "first"].map((name) => `${row[name]} ms`),
  ]);
  const title = `\nOne new key, wrapped and signed for ${DEVICES} devices: the worker's time from rotate() to the last envelope`;
  return [title, "", ...align([["", "by the clock", "CPU", "first time"], ...cells])].join("\n");
}

async function runKems(page) {
  const pid = await findRenderer(page);
  const rows = [];
  for (const kem of KEMS) rows.push({ kem, ...(await runKem(page, pid, kem)) });
  return rows;
}

async function runKem(page, pid, kem) {
  const before = workerThreads(pid);
  await page.evaluate((query) => bench.wrap.prepare(query), {
    devices: DEVICES,
    hybrid: kem !== "p256",
  });
  const [thread] = workerThreads(pid).filter((id) => !before.includes(id));
  const total = () => Object.values(cpuTime(pid, thread)).reduce((sum, part) => sum + part);
  const meet = () => page.evaluate(() => bench.wrap.meet());
  await meet();
  const first = await page.evaluate(() => bench.wrap.wrap());
  const [times, spent] = [[], []];
  for (let run = 0; run < RUNS; run++) {
    await meet();
    const start = total();
    times.push(await page.evaluate(() => bench.wrap.wrap()));
    spent.push(total() - start);
  }
  await page.evaluate(() => bench.wrap.finish());
  const cpu = spent.reduce((sum, one) => sum + one) / RUNS;
  return { first, milliseconds: median(times), cpu, least: Math.min(...spent) };
}
