// `npm run bench`: what a frame costs, ours and others', in one browser at the same time.
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { main, say, step, Stop } from "../scripts/steps.mjs";
import { serve } from "../www/serve.mjs";
import { frameChart } from "./framechart.mjs";
import { PEERS, measureFrames } from "./frames.mjs";
import { noteOn } from "./notes.mjs";
import { folders, setup, versions, work } from "./setup.mjs";
import { frameTable } from "./table.mjs";

const USAGE = `npm run bench -- [--quick] [--json] [--only NAME]... [--processes N] [--out DIR]
  --quick      single frames only, at most 60 s
  --json       results on stdout as JSON
  --only       pipe | cipher; more than once
  --processes  fresh browsers to take medians over (5)
  --out        where the charts go (target/bench)`;

const OPTIONS = {
  help: { type: "boolean" },
  json: { type: "boolean" },
  only: { type: "string", multiple: true },
  out: { type: "string", default: work },
  processes: { type: "string", default: "5" },
  quick: { type: "boolean" },
};

const FRAMES = ["pipe", "cipher"];
/** Of each process and question at most so many rounds and milliseconds. */
const QUICK = { rounds: 8, milliseconds: 2_500, batch: 1.5, limit: 54_000 };
const FULL = { rounds: 30, milliseconds: 15_000, batch: 2, limit: Infinity };

await main(async () => {
  const { values } = parseArgs({ options: OPTIONS });
  if (values.help) return say(USAGE);
  await setup();
  const ready = performance.now();
  const server = await serve({ roots: folders() });
  try {
    await bench(server.url, values, ready);
  } finally {
    await server.close();
  }
});

async function bench(url, values, ready) {
  const { limit, ...plan } = values.quick ? QUICK : FULL;
  const questions = chosen(values);
  const processes = Number(values.processes);
  // The clock runs from the start of this program; after a long set-up, from then.
  const deadline = Math.max(limit, ready + limit / 2);
  const { rows, browser, processes: done } = await step("frames", () =>
    measureFrames({ url, questions, processes, deadline, ...plan }),
  );
  const about = { machine: machine(), browser };
  const lines = questions.map((what) => frameTable(what, rows, PEERS[what], versions()));
  say([...lines, "", `${about.machine}; ${about.browser}; medians over ${done} processes`].join("\n"));
  for (const what of questions) draw(values.out, what, frameChart(what, rows, PEERS[what], about.machine));
  if (values.json) print({ ...about, rows: rows.map(toJson) });
}

function chosen({ only }) {
  const unknown = only?.find((name) => !FRAMES.includes(name));
  if (unknown) throw new Stop(`no question is called ${unknown}\n${USAGE}`);
  return FRAMES.filter((name) => !only || only.includes(name));
}

/** The agreed fields, and a note where the numbers need one. */
function toJson(row) {
  const { what, codec, bytes, direction, peer, us, ratio } = row;
  const note = noteOn(row);
  return { what, codec, bytes, direction, peer, us, ratio, ...(note && { note }) };
}

function draw(folder, name, svg) {
  mkdirSync(folder, { recursive: true });
  const path = resolve(folder, `${name}.svg`);
  writeFileSync(path, svg);
  say(`  ${path}`);
}

function print(value) {
  process.stdout.write(`${JSON.stringify(value, null, 1)}\n`);
}

function machine() {
  const [{ model }] = cpus();
  return `${model.trim()}, ${cpus().length} CPUs, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform}`;
}
