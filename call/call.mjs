// A real call between two real browsers, measured: the main job without eyes.
import { randomUUID } from "node:crypto";
import { serve } from "../www/serve.mjs";
import { launch } from "./browsers.mjs";
import { startJanus } from "./janus.mjs";

/** How long two browsers may take from the first page to the first picture, in milliseconds. */
const SETTLE_LIMIT = 30_000;

/** How long a change of simulcast layers may take, and which are asked for: 0 is the smallest. */
const LAYER_LIMIT = 10_000;
const LAYERS = [2, 0, 1];

/**
 * @typedef {object} CallOptions
 * @property {string} codec @property {"chromium" | "firefox"} from @property {"chromium" | "firefox"} to
 * @property {"direct" | "janus"} via @property {string} [janus] where it is @property {boolean} [simulcast]
 * @property {number} seconds @property {string} [key] in hex
 * @property {{ video: string, audio: string }} labels
 * @property {(text: string) => void} say @property {(frames: object[]) => void} [capture]
 * @property {boolean} [plain] nothing is sealed: to see that the tap would notice
 */

/** @param {CallOptions} options @returns the result, as `--json` prints it, and `problems` */
export async function makeCall(options) {
  const cleanup = [];
  // Registered before it is there: if another one fails first, this one must still be ended.
  const later = (made) => {
    cleanup.unshift(async () => (await made).close());
    return made;
  };
  try {
    const janus = options.via === "janus" ? (await later(startJanus())).url : undefined;
    const server = await later(serve({ connect: janus ? [janus] : [] }));
    options.say(`serving on ${server.url}`);
    const [from, to] = await Promise.all([later(launch(options.from)), later(launch(options.to))]);
    options.say(`started ${from.version} and ${to.version}`);
    return await converse({ ...options, janus }, server, from, to);
  } finally {
    for (const end of cleanup) await end().catch(() => {});
  }
}

/** The call itself, between browsers that run already. @param {CallOptions} options */
export async function converse(options, server, from, to) {
  const { codec, labels, key, plain, janus, simulcast } = options;
  const common = { room: randomUUID(), codec, labels, key, plain, janus, simulcast, tap: true };
  const join = async (browser, role) => {
    const page = await browser.page(`${server.url}call/page.html`);
    await page.evaluate((options) => globalThis.peer(options), { ...common, role });
    return page;
  };
  // The answering side first, so that the offering one meets somebody.
  const answer = await join(to, "answer");
  const offer = await join(from, "offer");
  options.say(`calling: ${options.codec}, ${options.from} to ${options.to}`);
  const settled = await Promise.all([offer, answer].map((page) => page.evaluate((limit) => globalThis.side.settled(limit), SETTLE_LIMIT)));
  const layers = simulcast && settled.every(Boolean) ? await change(answer) : undefined;
  options.say(`in the call for ${options.seconds} s`);
  await new Promise((done) => setTimeout(done, options.seconds * 1000));
  const [sent, received] = await Promise.all([offer, answer].map((page) => page.evaluate(() => globalThis.side.report())));
  if (options.capture) await drain(answer, options.capture);
  await Promise.all([offer, answer].map((page) => page.evaluate(() => globalThis.side.stop())));
  await Promise.all([offer.close(), answer.close()]);
  return { ...result(options, sent, received), ...(layers && { layers }), problems: [...problems("from", offer, sent), ...problems("to", answer, received)] };
}

/** Through the layers of a simulcast: the size of each picture. */
async function change(page) {
  const sizes = [];
  const choose = (layer, limit) => globalThis.side.layer(layer, limit);
  for (const layer of LAYERS) sizes.push(await page.evaluate(choose, layer, LAYER_LIMIT));
  return sizes;
}

async function drain(page, capture) {
  for (;;) {
    const frames = await page.evaluate(() => globalThis.side.frames(200));
    if (frames.length === 0) return;
    capture(frames);
  }
}

function result(options, sent, received) {
  const seal = streams(sent, "seal");
  const open = streams(received, "open");
  return {
    codec: options.codec,
    from: options.from,
    to: options.to,
    via: options.via,
    seconds: options.seconds,
    sealed: { video: seal.video.frames, audio: seal.audio.frames },
    opened: { video: open.video.frames, audio: open.audio.frames },
    // Garbage can be decoded as well: it counts only if the picture is the one that was sent.
    decoded: { video: received.pictureSeen ? received.framesDecoded : 0 },
    audioHeard: received.audioHeard,
    dropped: sum([seal.video, seal.audio, open.video, open.audio].map(({ dropped }) => dropped)),
    plaintextFrames: received.census.plaintext,
    overheadBytes: { audio: mean(seal.audio), video: mean(seal.video) },
    microseconds: { seal: times(seal), open: times(open) },
  };
}

const NOTHING = { frames: 0, overhead: 0, dropped: {}, microseconds: { p50: 0, p99: 0 } };

function streams({ stats }, direction) {
  const find = (kind) => stats.streams.find((stream) => stream.direction === direction && stream.kind === kind);
  return { video: find("video") ?? NOTHING, audio: find("audio") ?? NOTHING };
}

function mean({ overhead, frames }) {
  return frames ? Math.round((overhead / frames) * 10) / 10 : 0;
}

/** Of video: its frames are the large ones. */
function times({ video, audio }) {
  return (video.frames ? video : audio).microseconds;
}

function sum(counts) {
  const total = {};
  for (const [code, count] of counts.flatMap(Object.entries)) total[code] = (total[code] ?? 0) + count;
  return total;
}

function problems(side, page, report) {
  const events = report.events.filter(({ type }) => type === "error").map(({ code }) => `error event: ${code}`);
  return [...page.lines, ...report.errors, ...events].map((line) => `${side}: ${line}`);
}
