// The two questions about single frames: what does a whole pipe cost, and what the cipher alone?
import { execFile } from "node:child_process";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { withPage } from "./browser.mjs";
import { places, work } from "./setup.mjs";
import { DIRECTIONS, ROWS } from "./web/frames.js";
import { median } from "./web/stats.js";
import { root, say } from "../scripts/steps.mjs";

/** In this order in tables; `ours` is what all others are compared with. */
export const PEERS = {
  pipe: ["ours", "livekit", "stream", "davey-wasm", "davey-native", "crate", "webcrypto", "identity"],
  cipher: ["ours", "davey-wasm", "davey-native", "crate", "webcrypto", "identity"],
  // Of our own way through: compared with nothing.
  parts: ["crossing", "copy-in", "copy-out"],
};

const NATIVE = "davey-native";

/** Of the time that a pipe's question has. */
const SHARE = { pipe: 1, cipher: 0.5, parts: 0.3 };
/** Two peers only. */
const NODE_SHARE = 0.3;

/**
 * Measures in one fresh browser process and one fresh Node process after the other.
 * @param {{ url: string, questions: (keyof PEERS)[], processes: number, deadline: number,
 *   rounds: number, milliseconds: number, batch: number }} plan
 *   no new process that would end after `deadline`
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

/** What a browser and a Node found, for each question. */
async function sample(url, questions, plan) {
  const milliseconds = (what) => plan.milliseconds * SHARE[what];
  const ask = questions.map((what) => ({
    ...{ what, ...plan, milliseconds: milliseconds(what) },
    peers: inBrowser(url, what),
  }));
  const { browser, version } = await withPage(`${url}bench/index.html`, async (page, browser) => ({
    browser: await page.evaluate((ask) => bench.run(ask), ask),
    version: await browser.version(),
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

/** In Node the worker comes from its file; its wasm is fetched, as anywhere. */
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
  const rows = ROWS.flatMap((row, index) => DIRECTIONS.map((direction) => ({ row, index, direction })));
  return rows.flatMap(({ row, index, direction }) =>
    PEERS[what].map((peer) => {
      const cells = samples.map((sample) => pair(sample, index, peer));
      return { what, ...row, direction, peer, ...medians(cells, direction) };
    }),
  );
}

/** A peer's cell and ours of the same process. */
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
    // Round by round: what disturbs one of the two disturbs the other as well.
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
