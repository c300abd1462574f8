// The memory of a long call's members.
import { readdirSync, readFileSync } from "node:fs";

/**
 * Bytes of each member: of WebAssembly in its worker, of the JavaScript heaps of its worker and its
 * page after a garbage collection, and of all processes of its browser. Firefox tells nobody how
 * large a heap is.
 */
export async function sample(room, minute) {
  const samples = [];
  for (const [name, member] of Object.entries(room.members)) {
    const { wasm } = await member.ask("tally");
    const browser = room.browsers[name];
    const heaps = browser.name === "chromium" ? await heapsOf(member.page) : {};
    samples.push({ minute, name, wasm, ...heaps, browser: bytesOfTree(browser.pid) });
  }
  return samples;
}

async function heapsOf(page) {
  const session = await page.createCDPSession();
  const heaps = { page: await heap(session), worker: await heap(page.workers()[0]?.client) };
  await session.detach();
  return heaps;
}

async function heap(session) {
  if (!session) return undefined;
  await session.send("HeapProfiler.enable");
  await session.send("HeapProfiler.collectGarbage");
  const { usedSize } = await session.send("Runtime.getHeapUsage");
  await session.send("HeapProfiler.disable");
  return usedSize;
}

/** The memory of a process and its descendants, shared pages divided by their users. */
function bytesOfTree(root) {
  const children = new Map();
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    const parent = parentOf(pid);
    children.set(parent, [...(children.get(parent) ?? []), Number(pid)]);
  }
  const tree = [root];
  for (const pid of tree) tree.push(...(children.get(pid) ?? []));
  return tree.reduce((sum, pid) => sum + bytesOf(pid), 0);
}

function parentOf(pid) {
  const stat = read(`/proc/${pid}/stat`);
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
}

function bytesOf(pid) {
  const [, kib = 0] = /^Pss:\s+(\d+) kB/m.exec(read(`/proc/${pid}/smaps_rollup`)) ?? [];
  return Number(kib) * 1024;
}

/** A process may end while it is looked at. */
function read(path) {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}
