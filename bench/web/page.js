/** The page: one worker for each peer, all in this process. Node calls what it puts into `bench`. */
import { Client } from "./client.js";
import { measure } from "./measure.js";
import * as scale from "./scale.js";
import * as wrap from "./wrap.js";

/** One question about frames after the other; `peers` has the places of each. */
async function run(questions) {
  const answers = [];
  for (const question of questions) answers.push(await answer(question));
  return answers;
}

async function answer({ what, peers: places, ...plan }) {
  const clients = await Promise.all(
    Object.entries(places).map(([peer, place]) => start(what, peer, place)),
  );
  const cells = await measure(clients, { what, ...plan });
  clients.forEach(({ client }) => client.close());
  return cells;
}

async function start(what, peer, places) {
  const client = new Client("worker.js", { what, peer, places });
  await client.ask("ready");
  return { name: peer, client, ask: (request) => client.ask(request) };
}

globalThis.bench = { run, scale, wrap };
