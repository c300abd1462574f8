// A real call between two real browsers, measured: the main job without eyes.
import { serve } from "../www/serve.mjs";
import { launch } from "./browsers.mjs";
import { cleaning } from "./cleanup.mjs";
import { startJanus } from "./janus.mjs";
import { lossy } from "./loss.mjs";
import { Network } from "./network.mjs";
import { problems, result } from "./result.mjs";
import { SCENES, plain } from "./scenes.mjs";
import { Talk } from "./talk.mjs";

/**
 * @typedef {object} CallOptions
 * @property {string} codec @property {string} [audio] without it, what the browser likes best
 * @property {"chromium" | "firefox"} from @property {"chromium" | "firefox"} to
 * @property {"direct" | "janus"} via @property {string} [janus] where it is @property {boolean} [simulcast]
 * @property {keyof typeof SCENES} [scenario]
 * @property {number} [loss] of 100 datagrams @property {boolean} [disorder] others come twice, or late
 * @property {Network} [network] where they get lost
 * @property {number} seconds @property {string} [key] in hex
 * @property {{ video: string, audio: string }} labels
 * @property {(text: string) => void} say @property {(frames: object[]) => void} [capture]
 * @property {boolean} [plain] nothing is sealed: to see that the tap would notice
 */

/** @param {CallOptions} options @returns the result, as `--json` prints it, and `problems` */
export function makeCall(options) {
  return cleaning(async (later) => {
    const network = options.loss ? new Network() : undefined;
    const janus = options.via === "janus" ? (await later(startJanus())).url : undefined;
    const server = await later(serve({ connect: janus ? [janus] : [] }));
    options.say(`serving on ${server.url}`);
    const [from, to] = await Promise.all([later(launch(options.from)), later(launch(options.to))]);
    options.say(`started ${from.version} and ${to.version}`);
    return converse({ ...options, janus, network }, server, from, to);
  });
}

/** The call itself, between browsers that run already. @param {CallOptions} options */
export async function converse(options, server, from, to) {
  const talk = new Talk(options, server, { offer: from, answer: to });
  options.say(`calling: ${options.codec}, ${options.from} to ${options.to}`);
  const scene = options.loss ? lossy : options.scenario ? SCENES[options.scenario] : plain;
  const told = await scene(talk, options);
  // The receiving side first: what it was given has been made before.
  for (const role of ["answer", "offer"]) await talk.report(role);
  if (options.capture) await talk.drain(options.capture);
  for (const role of ["answer", "offer"]) await talk.end(role);
  const { offer, answer } = talk.reports;
  const said = [...problems("from", talk.lines.offer, offer), ...problems("to", talk.lines.answer, answer)];
  return { ...result(options, offer, answer), ...told(talk.reports), problems: said };
}
