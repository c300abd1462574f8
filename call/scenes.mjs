// What happens in a call of two. Each scene ends with both sides in it, and returns what
// it has to tell beside the figures, once both sides have reported.
import { gap } from "./result.mjs";
import { sleep } from "./sleep.js";

/** How long a change of simulcast layers may take; which are asked for, and what each shows: 0 is the smallest. */
const LAYER_LIMIT = 60_000;
const LAYERS = [2, 0, 1];
const SIZES = ["240x135", "480x270", "960x540"];

/** How late a late one is, and how long an absent one is away, in milliseconds. */
const AWAY = 3_000;

/** By name; `npm run call` offers them by way of Janus. */
export const SCENES = { late, return: comeBack, restart };

/** Nothing happens: both are there from the start. */
export async function plain(talk, options) {
  const settled = await meet(talk, options);
  const layers = options.simulcast && settled ? await change(talk) : [];
  await stay(talk, options);
  return () => (options.simulcast ? { layers, unmet: wrong(layers) } : {});
}

/** The receiving side comes when the sending one has long been sending. */
async function late(talk, options) {
  await talk.join("offer");
  await talk.settled("offer");
  options.say(`one side sends alone for ${AWAY / 1000} s`);
  await sleep(AWAY);
  return arrive(talk, options);
}

/** The receiving side leaves, and the sending one changes its key; then it is there again. */
async function comeBack(talk, options) {
  await meet(talk, options);
  await stay(talk, options);
  options.say(`the receiving side leaves for ${AWAY / 1000} s`);
  await talk.leave("answer");
  await sleep(AWAY);
  return arrive(talk, options);
}

/** The receiving side comes into a call that is under way. */
async function arrive(talk, options) {
  const since = Date.now();
  await talk.join("answer");
  await talk.settled("answer");
  await stay(talk, options);
  return ({ answer }) => ({ gapMs: gap(answer.slice(-1), since) });
}

/** The sending side's page is loaded again: the same device with new keys, a new connection. */
async function restart(talk, options) {
  await meet(talk, options);
  await stay(talk, options);
  options.say("the sending side loads its page again");
  const since = await talk.reload("offer");
  await talk.settled("offer", "answer");
  await stay(talk, options);
  return ({ answer }) => ({ gapMs: gap(answer, since) });
}

export async function meet(talk, options) {
  // The answering side first, so that the offering one meets somebody.
  await talk.join("answer");
  await talk.join("offer");
  return talk.settled("offer", "answer");
}

/** For so long, and until there is something to count: a slow machine makes few frames. */
export async function stay(talk, { seconds, say }) {
  say(`in the call for ${seconds} s`);
  await sleep(seconds * 1000);
  await talk.plenty();
}

/** Through the layers of a simulcast: the size of each picture. */
async function change(talk) {
  const sizes = [];
  const choose = (layer, limit) => globalThis.side.path.layer(layer, limit);
  for (const layer of LAYERS) sizes.push(await talk.ask("answer", choose, layer, LAYER_LIMIT));
  return sizes;
}

function wrong(layers) {
  const wanted = LAYERS.map((layer) => SIZES[layer]);
  return String(layers) === String(wanted) ? [] : [`layers of ${wanted.join(", ")}`];
}
