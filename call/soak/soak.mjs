// A long call: its members, its minutes and what they come to.
import { launch } from "../../harness/browsers.mjs";
import { cleaning } from "../../harness/cleanup.mjs";
import { isPrivate, Network } from "../../harness/network.mjs";
import { say } from "../../harness/steps.mjs";
import { serveCall } from "../call.mjs";
import { Room } from "../room.mjs";
import { growing, strange, unrest } from "./judge.mjs";
import { sample } from "./memory.mjs";
import { Minutes } from "./minutes.mjs";

/** The browser of each member. */
const KINDS = { a: "chromium", b: "firefox", c: "chromium", d: "firefox" };
const LABELS = { video: "camera", audio: "microphone" };

/**
 * @param {{ minutes: number, group?: "mls" }} options
 * @returns the figures, and in `unmet` each goal that was missed
 */
export function soak({ minutes, group }) {
  return cleaning(async (later) => {
    const network = isPrivate() ? new Network() : undefined;
    const server = await later(serveCall());
    const names = Object.keys(KINDS);
    const started = await Promise.all(names.map((name) => later(launch(KINDS[name]))));
    const browsers = Object.fromEntries(names.map((name, at) => [name, started[at]]));
    const options = { names, codec: "vp8", labels: LABELS, group, say, long: true };
    const room = new Room(options, { server, browsers });
    try {
      await room.enter(...names);
      const figures = await live(room, new Minutes(room, network), minutes);
      return { browsers: started.map(({ version }) => version), minutes, ...figures };
    } finally {
      await room.close();
    }
  });
}

/** Lives through the minutes, up to the first in which not all see and hear all. */
async function live(room, minutes, count) {
  const memory = [];
  const unmet = [];
  for (let minute = 1; minute <= count && room.missed.length === 0; minute++) {
    const calm = await minutes.live(minute);
    const samples = await sample(room, minute);
    memory.push(...samples);
    unmet.push(...unrest(minute, calm));
    say(`minute ${minute}: ${shown(samples)}`);
  }
  const { counts, refused, events } = await minutes.end();
  if (counts.repeated > 0) unmet.push(`${counts.repeated} frames used a key and counter again`);
  if (counts.unsealed > 0) unmet.push(`${counts.unsealed} frames left without an SFrame header`);
  unmet.push(...room.missed, ...strange(refused, events), ...growing(memory));
  return { happened: minutes.happened, frames: counts, refused, events, memory, unmet };
}

function shown(samples) {
  const mib = (bytes) => (bytes === undefined ? "?" : (bytes / 2 ** 20).toFixed(1));
  const one = ({ name, wasm, worker, page, browser }) =>
    `${name} wasm ${mib(wasm)} worker ${mib(worker)} page ${mib(page)} browser ${mib(browser)}`;
  return `${samples.map(one).join(", ")} MiB`;
}
