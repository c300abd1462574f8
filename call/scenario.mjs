// Calls to which something happens: `npm run call -- --scenario NAME`. Real browsers, and a verdict.
//
//   rejoin  the receiving tab is reloaded
//   leave   one of three is taken off the roster, and the server goes on to send to it
//   broker  keys go over STOMP, and the broker is away while somebody joins
//   late    somebody joins late, and is given what was sent before
import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import { serve } from "../www/serve.mjs";
import { GUEST, startBroker } from "./broker.mjs";
import { launch } from "./browsers.mjs";
import { cleaning } from "./cleanup.mjs";
import { longest, problems, result } from "./result.mjs";
import { sleep } from "./sleep.js";

/** How long a page may take to start, and a call to show and sound, in milliseconds. */
const SETTLE_LIMIT = 120_000;
/** How long the call is steady before something happens. */
const STEADY = 2_000;
/** Goals: who comes back is in media so soon after signaling, who comes for the first time so soon. */
const BACK = 1_000;
const IN = 2_000;
/** Who was removed opens nothing after this; who stays waits for no picture longer than that. */
const GONE = 3_000;
const HITCH = 1_000;
/** Pictures that show that it goes on. */
const ENOUGH = 20;
/** Pictures that a server sends again. */
const REPLAYED = 40;
const WITHHELD = 5;

const STOMPJS = { "/stompjs/": fileURLToPath(new URL(".", import.meta.resolve("@stomp/stompjs"))) };
const SCENARIOS = { rejoin, leave, broker, late };

export const NAMES = Object.keys(SCENARIOS);

/**
 * @param {import("./call.mjs").CallOptions & { scenario: string, patience?: number, spare?: boolean }} options
 *   `patience`: how many times longer than the goals things may take, where tests share a machine;
 *   `spare`: nobody is removed after all, to see that it would be noticed
 * @returns as `play`
 */
export function makeScenario(options) {
  return cleaning(async (later) => {
    const broker = options.scenario === "broker" ? await later(startBroker()) : undefined;
    const server = await later(serveScenarios(broker));
    options.say(`serving on ${server.url}`);
    const [a, b, c] = await Promise.all([options.from, options.to, options.to].map((name) => later(launch(name))));
    options.say(`started ${a.version}, ${b.version}, ${c.version}`);
    return play(options, { server, broker, browsers: { a, b, c } });
  });
}

/** A server for the pages of `play`. */
export function serveScenarios(broker) {
  return serve({ roots: STOMPJS, connect: broker ? [new URL(broker.url).origin] : [] });
}

/**
 * The call itself, between browsers that run already: `a` sends, what `b` or `c` gets is reported.
 * @returns what `--json` prints, `problems`, and in `unmet` each goal that was missed
 */
export async function play(options, { server, broker, browsers }) {
  const stage = new Stage(options, server, browsers, broker);
  try {
    const { receiver, unmet, ...figures } = await SCENARIOS[options.scenario](stage, options.patience ?? 1);
    return { ...(await stage.result(receiver, unmet)), ...figures };
  } finally {
    await stage.close();
  }
}

/** B's tab is reloaded. Its device is the same, its keys are gone. */
async function rejoin(stage, patience) {
  const { b } = await stage.enter("a", "b");
  await stage.steady();
  await b.reload();
  await stage.settled();
  const { relay } = await b.ask("signaled");
  const { from, until, gap } = longest(await b.ask("pictures", "a"), relay - STEADY);
  await stage.talk();
  return {
    receiver: b,
    gapMs: gap,
    signalMs: Math.round(until - relay),
    unmet: [
      from > relay && "the reload broke no picture off",
      until - relay > BACK * patience && `back ${Math.round(until - relay)} ms after signaling`,
    ],
  };
}

/** C is taken off both others' rosters. Its connections stay, as a server's would. */
async function leave(stage, patience) {
  const { a, b, c } = await stage.enter("a", "b", "c");
  await stage.steady();
  const remove = stage.options.spare ? "now" : "remove";
  const removed = Math.max(...(await Promise.all([a.ask(remove, "c"), b.ask(remove, "c")])));
  const given = async () => (await c.ask("report", "a")).census.given["open video"];
  const opened = async () => Math.max(...(await Promise.all(["a", "b"].map(async (name) => (await c.ask("passed", name)).last)))) - removed;
  const seen = async () => Math.max(0, ...(await a.ask("pictures", "c")), ...(await b.ask("pictures", "c"))) - removed;
  const now = () => Date.now() - removed;
  // What was sealed before is on its way for a while.
  do await sleep(500);
  while (now() < GONE * (patience + 1) && now() - Math.max(await opened(), await seen()) < GONE);
  const before = await given();
  await stage.talk();
  await until(async () => (await given()) - before >= ENOUGH);
  const [last, heard, arrived] = [await opened(), await seen(), (await given()) - before];
  const gaps = await Promise.all([gapSince(a, "b", removed), gapSince(b, "a", removed)]);
  return {
    receiver: b,
    gapMs: Math.max(...gaps),
    removedMs: Math.round(last),
    unmet: [
      last > GONE * patience && `it opened pictures ${Math.round(last)} ms after`,
      heard > GONE * patience && `its own pictures were opened ${Math.round(heard)} ms after`,
      arrived < ENOUGH && `only ${arrived} pictures reached it: nothing was shown`,
      Math.max(...gaps) > HITCH * patience && "those who stay waited",
    ],
  };
}

/** The broker goes down, C joins, the broker is back; then A makes a new key. */
async function broker(stage, patience) {
  const { a, b } = await stage.enter("a", "b");
  await stage.steady();
  const down = Date.now();
  await stage.broker.stop();
  const { c } = await stage.begin("c");
  await sleep(STEADY);
  const early = (await c.ask("pictures", "a")).length;
  await stage.broker.start();
  const up = Date.now();
  stage.say(`the broker was away for ${up - down} ms`);
  await stage.settled();
  await a.ask("rotate");
  await stage.talk();
  // From then on A and C could hear each other.
  const back = Math.max(...(await Promise.all([a, c].map(async (side) => (await side.ask("signaled")).stomp))));
  const [first] = await c.ask("pictures", "a");
  const gaps = await Promise.all([gapSince(a, "b", down), gapSince(b, "a", down), gapSince(c, "a", first)]);
  return {
    receiver: c,
    gapMs: Math.max(...gaps),
    signalMs: Math.round(first - back),
    outageMs: up - down,
    unmet: [
      early > 0 && "the joiner saw pictures without a broker",
      back < down && "nobody lost the broker",
      first - back > IN * patience && `the joiner waited ${Math.round(first - back)} ms for its first picture`,
      Math.max(...gaps) > HITCH * patience && "those in the call waited",
    ],
  };
}

/** C joins; then it is given sealed pictures of before, and some of after that it had not got. */
async function late(stage, patience) {
  const { a, b } = await stage.enter("a", "b");
  await stage.steady();
  const kept = [];
  await until(async () => kept.push(...(await b.ask("sealed", "a"))) >= REPLAYED);
  const before = kept.slice(-REPLAYED);
  const began = Date.now();
  const { c } = await stage.enter("c");
  const { relay } = await c.ask("signaled");
  const [first] = await c.ask("pictures", "a");
  await stage.talk();
  const gaps = await Promise.all([gapSince(a, "b", began), gapSince(b, "a", began)]);
  const earlier = await c.ask("replay", "a", before);
  const control = await c.ask("replay", "a", await c.ask("withhold", "a", WITHHELD));
  return {
    receiver: c,
    gapMs: Math.max(...gaps),
    signalMs: Math.round(first - relay),
    earlier,
    unmet: [
      before.length < REPLAYED && `only ${before.length} pictures from before`,
      earlier.opened > 0 && `${earlier.opened} pictures from before were opened`,
      control.opened !== WITHHELD && `of ${WITHHELD} pictures from after, ${control.opened} were opened`,
      first - relay > IN * patience && `the joiner waited ${Math.round(first - relay)} ms for its first picture`,
      Math.max(...gaps) > HITCH * patience && "those in the call waited",
    ],
  };
}

/** The pages of one call. */
export class Stage {
  #sides = {};

  constructor(options, server, browsers, broker) {
    Object.assign(this, { options, server, browsers, broker, say: options.say });
    const { codec, labels } = options;
    this.common = { room: randomUUID(), codec, labels, broker: broker && { ...GUEST, url: broker.url } };
  }

  /** They come one after the other, and then all see all. */
  async enter(...names) {
    const entered = await this.begin(...names);
    await this.settled();
    return entered;
  }

  async begin(...names) {
    for (const name of names) {
      const hash = encodeURIComponent(JSON.stringify({ ...this.common, name }));
      const page = await this.browsers[name].page(`${this.server.url}call/scenario.html#${hash}`);
      this.#sides[name] = new Side(name, page);
      await this.#sides[name].ready();
      this.say(`${name} is in the call`);
    }
    return this.#sides;
  }

  async settled() {
    const end = Date.now() + SETTLE_LIMIT;
    for (const side of this.#all()) {
      while (!(await side.ask("sees", this.#others(side)))) {
        if (Date.now() > end) throw new Error(`${side.name} does not see and hear all: ${await side.complaints()}`);
        await sleep(100);
      }
    }
  }

  steady() {
    return sleep(STEADY);
  }

  /** For so long, and until every side has some pictures of every other: a slow machine makes few. */
  async talk() {
    this.say(`in the call for ${this.options.seconds} s`);
    await sleep(this.options.seconds * 1000);
    await until(async () => {
      const counts = this.#all().flatMap((side) => this.#others(side).map(async (name) => (await side.ask("pictures", name)).length));
      return Math.min(...(await Promise.all(counts))) >= ENOUGH / 2;
    });
  }

  /** Of what A sent, with all that went wrong. */
  async result(receiver, goals) {
    // The receiving side first: what it was given has been made before.
    const received = await receiver.ask("report", "a");
    const reports = await Promise.all(this.#all().map((side) => side.ask("report", side.name === "a" ? receiver.name : "a")));
    const made = reports.flatMap(({ census }) => census.clear.seal);
    const sent = { ...reports[0], census: { ...reports[0].census, clear: { seal: made } } };
    const figures = result(this.options, [sent], [received]);
    const unmet = [
      ...goals,
      reports.some(({ census }) => census.plaintext > 0) && "frames went in plaintext",
      !(figures.decoded.video > 0) && "the picture is not the one that was sent",
      !figures.audioHeard && "no tone",
    ];
    const told = this.#all().flatMap((side, i) => problems(side.name, side.page.lines, [reports[i]]));
    // That a broker which is away is not there is no news.
    const news = told.filter((line) => !(this.broker && line.includes(this.broker.url)));
    return { ...figures, problems: news, unmet: unmet.filter(Boolean) };
  }

  async close() {
    for (const side of this.#all()) await side.close().catch(() => {});
  }

  #all() {
    return Object.values(this.#sides);
  }

  #others({ name }) {
    return Object.keys(this.#sides).filter((other) => other !== name);
  }
}

/** A page of the call. */
class Side {
  constructor(name, page) {
    Object.assign(this, { name, page });
  }

  /** A method of the page's `side`, or one of its fields. */
  ask(what, ...args) {
    return this.page.evaluate(
      (what, args) => (typeof globalThis.side[what] === "function" ? globalThis.side[what](...args) : globalThis.side[what]),
      what,
      args,
    );
  }

  async ready() {
    const end = Date.now() + SETTLE_LIMIT;
    while (!(await this.page.evaluate(() => globalThis.ready))) {
      if (Date.now() > end) throw new Error(`${this.name} did not start: ${await this.complaints()}`);
      await sleep(20);
    }
  }

  async reload() {
    await this.page.reload({ waitUntil: "load" });
    await this.ready();
  }

  async complaints() {
    return [...this.page.lines, ...(await this.ask("errors"))].join("\n");
  }

  async close() {
    await this.ask("stop");
    await this.page.close();
  }
}

/** Not for ever: what then is missing is told by a goal that was not met. */
async function until(condition) {
  for (const end = Date.now() + SETTLE_LIMIT; !(await condition()) && Date.now() < end; ) await sleep(200);
}

async function gapSince(side, name, time) {
  return longest(await side.ask("pictures", name), time).gap;
}
