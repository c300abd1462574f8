// `npm run bench`: what frames and calls cost with our code and with others', in the same browser.
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { main, say, step, Stop } from "../harness/steps.mjs";
import { serve } from "../harness/serve.mjs";
import { anatomize, anatomyChart, anatomyTable } from "./anatomy.mjs";
import { floodTable, measureFlood } from "./flood.mjs";
import { frameChart } from "./framechart.mjs";
import { PEERS, measureFrames } from "./frames.mjs";
import { gate } from "./gate.mjs";
import { joinTable, measureJoin } from "./join.mjs";
import { noteOn } from "./notes.mjs";
import { RIVALS, measureScale } from "./scale.mjs";
import { scaleChart, scaleTable } from "./scalechart.mjs";
import { folders, setup, versions, work } from "./setup.mjs";
import { frameTable } from "./frame-table.mjs";
import { measureWrap, wrapTable } from "./wrap.mjs";

const USAGE = `npm run bench -- [--quick] [--gate] [--json] [--only NAME]... [--processes N] [--out DIR]
  --quick      pipe and cipher only, at most 60 s once everything is built
  --json       results on stdout as JSON
  --only       pipe | cipher | parts | wrap | join | flood | scale; more than once
  --processes  fresh browsers to take medians over (5)
  --gate       fails if we are slower than bench/floors.json allows, and measures nothing else
  --out        where the charts go (target/bench)`;

const OPTIONS = {
  gate: { type: "boolean" },
  help: { type: "boolean" },
  json: { type: "boolean" },
  only: { type: "string", multiple: true },
  out: { type: "string", default: work },
  processes: { type: "string", default: "5" },
  quick: { type: "boolean" },
};

/**
 * At most this many rounds and milliseconds per process and question. `limit` is in milliseconds
 * too.
 */
const QUICK = { rounds: 10, milliseconds: 2_500, batch: 3, limit: 55_000 };
const FULL = { rounds: 30, milliseconds: 20_000, batch: 5, limit: Infinity };
/** Milliseconds of each call. There are five sizes and three peers. */
const CALL = { milliseconds: 4_000 };

const QUESTIONS = ["pipe", "cipher", "parts", "wrap", "join", "flood", "scale"];
/** Questions about single frames. */
const FRAMES = ["pipe", "cipher", "parts"];
const QUICK_QUESTIONS = ["pipe", "cipher"];

await main(async () => {
  const { values } = parseArgs({ options: OPTIONS });
  if (values.help) return say(USAGE);
  if (values.gate) return gate();
  const questions = chosen(values);
  await setup();
  const ready = performance.now();
  const server = await serve({ roots: folders() });
  try {
    await bench(server.url, questions, values, ready);
  } finally {
    await server.close();
  }
});

function chosen({ only, quick }) {
  const unknown = only?.find((name) => !QUESTIONS.includes(name));
  if (unknown) throw new Stop(`no question is called ${unknown}\n${USAGE}`);
  const names = only ?? (quick ? QUICK_QUESTIONS : QUESTIONS);
  // The division of a pipe's time needs the answers to all three questions.
  return QUESTIONS.filter(
    (name) => names.includes(name) || (names.includes("parts") && FRAMES.includes(name)),
  );
}

async function bench(url, questions, values, ready) {
  const { limit, ...plan } = values.quick ? QUICK : FULL;
  const processes = Number(values.processes);
  // The time limit counts from the start of this program, or from the end of a long set-up.
  const deadline = Math.max(limit, ready + limit / 2);
  const machine = describeMachine();
  say(`\n${machine}`);
  const results = { machine, browser: "", rows: [] };
  const about = questions.filter((name) => FRAMES.includes(name));
  if (about.length > 0) {
    const { rows, browser } = await step("frames", () =>
      measureFrames({ url, questions: about, processes, deadline, ...plan }),
    );
    tellFrames(rows, about, { ...values, machine });
    Object.assign(results, {
      browser,
      rows: rows.filter(({ what }) => what !== "parts").map(toJson),
    });
  }
  if (questions.includes("wrap")) {
    const rows = await step("keys", () => measureWrap({ url, processes }));
    say(wrapTable(rows));
    results.rows.push(...rows);
  }
  if (questions.includes("join")) {
    const rows = await step("joins", () => measureJoin({ url, processes }));
    say(joinTable(rows));
    results.rows.push(...rows);
  }
  if (questions.includes("flood")) {
    const rows = await step("floods", () => measureFlood({ url, processes }));
    say(floodTable(rows));
    results.rows.push(...rows);
  }
  if (questions.includes("scale")) {
    const scale = await step("calls", () => measureScale({ url, processes, ...CALL }));
    say(scaleTable(scale));
    draw(values.out, "scale", scaleChart(scale, RIVALS, machine));
    results.scale = scale;
  }
  if (values.json) process.stdout.write(`${JSON.stringify(results, null, 1)}\n`);
}

function tellFrames(rows, questions, { out, machine }) {
  for (const what of questions.filter((name) => name !== "parts")) {
    say(frameTable(what, rows, PEERS[what], versions()));
    draw(out, what, frameChart(what, rows, PEERS[what], machine));
  }
  if (!questions.includes("parts")) return;
  const entries = anatomize(rows);
  say(anatomyTable(entries));
  draw(out, "parts", anatomyChart(entries, machine));
}

/** The fields of --json, and a note if the figures need one. */
function toJson(row) {
  const { what, codec, bytes, direction, peer, us, ratio } = row;
  const note = noteOn(row);
  return { what, codec, bytes, direction, peer, us, ratio, ...(note && { note }) };
}

function draw(folder, name, svg) {
  mkdirSync(folder, { recursive: true });
  const path = resolve(folder, `${name}.svg`);
  writeFileSync(path, svg);
  say(`\n  ${path}`);
}

function describeMachine() {
  const [{ model }] = cpus();
  return `${model.trim()}, ${cpus().length} CPUs, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform}`;
}
