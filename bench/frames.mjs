// Questions "pipe" and "cipher": what does a frame cost in a whole pipe, and in the cipher alone?
import { execFile } from "node:child_process";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { withPage } from "./page.mjs";
import { places, work } from "./setup.mjs";
import { DIRECTIONS, ROWS } from "./web/frames.js";
import { median } from "./web/stats.js";
import { root, say } from "../harness/steps.mjs";

/** The peers of each question, in the order of the tables. All are compared with `ours`. */
export const PEERS = {
  pipe: [
    "ours",
    "livekit",
    "stream",
    "davey-wasm",
    "davey-native",
    "crate",
    "webcrypto",
    "identity",
  ],
  cipher: ["ours", "davey-wasm", "davey-native", "crate", "webcrypto", "identity"],
  // Parts of our own pipe are compared with no other peer.
  parts: ["crossing", "copy-in", "copy-out"],
};

const NATIVE = "davey-native";

/** Time of each question, as a share of the time of "pipe". */
const SHARE = { pipe: 1, cipher: 0.5, parts: 0.3 };
/** The share of Node, which has two peers only. */
const NODE_SHARE = 0.3;

/**
 * Measures in one fresh browser process and one fresh Node process after the other.
 * @param {{ url: string, questions: (keyof PEERS)[], processes: number, deadline: number,
 *   rounds: number, milliseconds: number, batch: number }} plan
 *   no process starts that would end after `deadline`
 */
export async function measureFrames({ url, questions, processes, deadline, ...plan }) {
  const samples = [];
  let longest = 0;
  while (samples.length < processes) {
    const start = performance.now();
    if (samples.length > 0 && start + longest > deadline) break;
    samples.push(await sample(url, questions, plan));
    const took = performance.now() - start;
    longest = Math.max(longest, took);
    say(`  process ${samples.length} of ${processes}: ${(took / 1000).toFixed(1)} s`);
  }
  const rows = questions.flatMap((what, at) =>
    summarize(
      what,
      samples.map((one) => one.answers[at]),
    ),
  );
  return { rows, processes: samples.length, browser: samples[0].version };
}

/** The answers of one browser and one Node process to each question. */
async function sample(url, questions, plan) {
  const milliseconds = (what) => plan.milliseconds * SHARE[what];
  const ask = questions.map((what) => ({
    ...{ what, ...plan, milliseconds: milliseconds(what) },
    peers: inBrowser(url, what),
  }));
  const { browser, version } = await withPage(url, async (page) => ({
    browser: await page.evaluate((ask) => bench.run(ask), ask),
    version: await page.browser().version(),
  }));
  const node = await runNode(
    questions.map((what) => ({
      ...{ what, ...plan, milliseconds: milliseconds(what) * NODE_SHARE },
      peers: inNode(url, what),
    })),
  );
  return { version, answers: questions.map((_, at) => ({ browser: browser[at], node: node[at] })) };
}

function inBrowser(url, what) {
  const peers = PEERS[what].filter((peer) => peer !== NATIVE);
  return Object.fromEntries(peers.map((peer) => [peer, places(url, peer)]));
}

function inNode(url, what) {
  if (!PEERS[what].includes(NATIVE)) return {};
  const installed = pathToFileURL(`${work}/peers/package.json`).href;
  return { ours: placesInNode(url, "ours"), [NATIVE]: { installed } };
}

/** In Node the worker comes from its file. It fetches its wasm as in a browser. */
export function placesInNode(url, peer) {
  return { ...places(url, peer), root: pathToFileURL(root).href };
}

/** Asks a fresh Node process. */
export async function runNode(questions) {
  const script = fileURLToPath(new URL("native.mjs", import.meta.url));
  const args = ["--no-warnings", script, JSON.stringify(questions)];
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 64 << 20 });
  return JSON.parse(stdout);
}

/** Medians over the processes. */
function summarize(what, samples) {
  const rows = ROWS.flatMap((row, index) =>
    DIRECTIONS.map((direction) => ({ row, index, direction })),
  );
  return rows.flatMap(({ row, index, direction }) =>
    PEERS[what].map((peer) => {
      const cells = samples.map((sample) => pair(sample, index, peer));
      return { what, ...row, direction, peer, ...medians(cells, direction) };
    }),
  );
}

/** The cell of a peer, and ours from the same process. */
function pair({ browser, node }, row, peer) {
  const cells = peer === NATIVE ? node : browser;
  const find = (name) => cells.find((cell) => cell.row === row && cell.peer === name);
  return { theirs: find(peer), ours: find("ours") ?? find(peer) };
}

function medians(pairs, direction) {
  const over = (value) => median(pairs.map(value));
  return {
    us: {
      p50: round(over(({ theirs }) => median(theirs.means[direction]))),
      p99: round(over(({ theirs }) => theirs.p99[direction])),
    },
    // Compared round by round, because a disturbance hits both peers of a round.
    ratio: round(
      over(({ theirs, ours }) => {
        const ratios = theirs.means[direction].map((us, at) => us / ours.means[direction][at]);
        return median(ratios);
      }),
    ),
  };
}

function round(value) {
  return Number(value.toPrecision(4));
}
