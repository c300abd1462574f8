// Our worker and davey's native addon, side by side in one Node process, because a browser cannot
// load the addon. frames.mjs starts this with questions as its argument. It prints the answers as
// JSON.
import { measure } from "./web/measure.js";
import { startRuns } from "./web/runs.js";

globalThis.self = globalThis;
// The worker module assigns this global, which is an error if the global does not exist.
globalThis.onmessage = null;

process.stdout.write(JSON.stringify(await run(JSON.parse(process.argv[2]))));
process.exit(0);

async function run(questions) {
  const answers = [];
  for (const question of questions) answers.push(await answer(question));
  return answers;
}

async function answer({ what, peers: places, ...plan }) {
  const peers = [];
  for (const [name, place] of Object.entries(places)) {
    peers.push({ name, ask: await startRuns({ what, peer: name, places: place }) });
  }
  return measure(peers, { what, ...plan });
}
