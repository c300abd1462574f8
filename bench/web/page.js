/** The page, with one worker per peer in the same process. Node calls the functions in `bench`. */
import { Client } from "./client.js";
import { measure } from "./measure.js";
import * as join from "./join.js";
import * as scale from "./scale.js";
import * as wrap from "./wrap.js";

/** Answers the questions about frames one after the other. `peers` has the URLs of each peer. */
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

globalThis.bench = { join, run, scale, wrap };
