// A real call between real browsers, measured.
import { fileURLToPath } from "node:url";
import { launch } from "../harness/browsers.mjs";
import { cleaning } from "../harness/cleanup.mjs";
import { Network } from "../harness/network.mjs";
import { startBroker } from "../harness/rabbitmq.mjs";
import { serve } from "../harness/serve.mjs";
import { startServer } from "../harness/sfu/index.mjs";
import { Room } from "./room.mjs";
import { scenarioOf } from "./scenarios/index.mjs";

const STOMPJS = { "/stompjs/": fileURLToPath(new URL(".", import.meta.resolve("@stomp/stompjs"))) };
const NAMES = ["a", "b", "c", "d", "e", "f"];

/**
 * @typedef {object} CallOptions
 * @property {string} codec of the video
 * @property {string} [audio] the browser's first choice if absent
 * @property {"chromium" | "firefox"} from the browser of A, whose media the figures are about
 * @property {"chromium" | "firefox"} to the browser of all others
 * @property {number} [members] 2 to 6
 * @property {string} via "direct", or a server (harness/sfu/index.mjs)
 * @property {boolean} [simulcast] whether A sends three layers
 * @property {string} [scenario] a name in scenarios/index.mjs
 * @property {boolean} [inNetwork] whether it runs in a network namespace of its own
 * @property {number} [loss] percentage of the datagrams @property {boolean} [disorder] others come twice or late
 * @property {number} [rtt] round trip of signaling in milliseconds
 * @property {number} seconds
 * @property {string} [key] an application key in hex
 * @property {"mls"} [group] as of `sealframe.join()`
 * @property {{ video: string, audio: string }} labels
 * @property {(text: string) => void} say @property {(frames: object[]) => void} [capture]
 * @property {boolean} [plain] nothing is sealed, to see that the tap notices it
 * @property {boolean} [spare] nobody is removed after all, to see that the call notices it
 * @property {number} [patience] how many times longer than the goals things may take, if tests share
 *   a machine
 */

/**
 * @typedef {object} Resources
 * @property {{ url: string }} server of `serveCall`
 * @property {Record<string, object>} browsers by the name of the member
 * @property {{ url: string, start(): Promise<void>, stop(): Promise<void> }} [broker]
 * @property {import("../harness/sfu/index.mjs").MediaServer} [sfu] that media pass
 * @property {Network} [network] in which datagrams can get lost
 */

/** Starts all that the call needs. @param {CallOptions} options @returns as `runCall` */
export function makeCall(options) {
  return cleaning(async (later) => {
    const network = options.inNetwork ? new Network() : undefined;
    const broker = options.scenario === "broker" ? await later(startBroker()) : undefined;
    const sfu = options.via === "direct" ? undefined : await later(startServer(options.via));
    const server = await later(serveCall({ broker, sfu, rtt: options.rtt }));
    options.say(`serving on ${server.url}`);
    const names = namesOf(options);
    const kind = (name) => (name === "a" ? options.from : options.to);
    const started = await Promise.all(names.map((name) => later(launch(kind(name)))));
    options.say(`started ${started.map(({ version }) => version).join(", ")}`);
    const browsers = Object.fromEntries(names.map((name, at) => [name, started[at]]));
    return runCall(options, { server, browsers, broker, sfu, network });
  });
}

/**
 * A server for the pages of a call. Its relay delays each message by half of `rtt` milliseconds.
 */
export function serveCall({ broker, sfu, rtt = 0 } = {}) {
  const connect = [...(broker ? [new URL(broker.url).origin] : []), ...(sfu?.origins ?? [])];
  return serve({ roots: { ...STOMPJS, ...sfu?.roots }, connect, delay: rtt / 2 });
}

/**
 * The call itself, between browsers that run already.
 * @param {CallOptions} options @param {Resources} resources
 * @returns what `--json` prints, `problems`, and in `unmet` each goal that was missed
 */
export async function runCall(options, resources) {
  const room = new Room({ ...options, names: namesOf(options) }, resources);
  try {
    const { receiver, unmet = [], ...figures } = await scenarioOf(options).run(room);
    const result = await room.result(receiver, unmet);
    if (options.capture) await receiver.drain(options.capture);
    return { ...result, ...figures };
  } finally {
    await room.close();
  }
}

/** The members of a call. A scenario can need three. */
function namesOf(options) {
  return NAMES.slice(0, Math.max(options.members ?? 2, scenarioOf(options).members ?? 2));
}
