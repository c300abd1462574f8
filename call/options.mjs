// The options of `npm run call`: what there is, what goes together, and what each means.
import { appendFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { SCENES } from "./scenes.mjs";

const CODECS = ["vp8", "vp9", "h264", "av1"];
const AUDIO = ["opus", "red"];
const BROWSERS = ["chromium", "firefox"];
const SCENARIOS = { direct: ["broker", "late", "leave", "rejoin"], janus: Object.keys(SCENES) };

export const HELP = `npm run call -- [options]
  --codec ${CODECS.join("|")}    default vp8
  --audio ${AUDIO.join("|")}          default opus; red is for Chromium and direct: Janus' videoroom does not offer it
  --from, --to ${BROWSERS.join("|")}    default chromium
  --via direct|janus        default direct; janus starts one of its own: --from sends, --to receives
  --simulcast               three layers of vp8 by way of janus, and changes between them
  --seconds N               how long to talk, default 5
  --scenario ${SCENARIOS.direct.join("|")}    the gap in media is told, and whether it is as short as it should be:
                            broker: keys go over STOMP, and RabbitMQ is away while a third one joins;
                            late: one comes late, and is given sealed pictures of before;
                            leave: one of three is taken off the roster; rejoin: --to reloads its page
  --scenario ${SCENARIOS.janus.join("|")}    with --via janus, and the gap in media is told:
                            late: --to comes 3 s later; return: --to leaves, and is back 3 s later;
                            restart: --from loads its page again
  --loss N                  N of 100 datagrams are lost; needs root, for a network namespace of its own.
                            What was sealed, what was decoded, and how soon pictures were back
  --disorder                with --loss: others come twice, or late
  --key HEX64               one application key for both sides instead of device keys; the sender's name
                            is made part of what it seals with: "offer" and "answer"
  --track-labels            call the tracks "camera" and "microphone"; without it they have no label
  --capture FILE            what a tap without keys got on the receiving side, as JSON lines
  --json                    one line of JSON on stdout`;

const OPTIONS = {
  audio: { type: "string", default: "opus" },
  capture: { type: "string" },
  codec: { type: "string", default: "vp8" },
  disorder: { type: "boolean" },
  from: { type: "string", default: "chromium" },
  help: { type: "boolean" },
  json: { type: "boolean" },
  key: { type: "string" },
  loss: { type: "string" },
  scenario: { type: "string" },
  seconds: { type: "string", default: "5" },
  simulcast: { type: "boolean" },
  to: { type: "string", default: "chromium" },
  "track-labels": { type: "boolean" },
  via: { type: "string", default: "direct" },
};

/** A mistake on the command line. */
export class Usage extends Error {}

/** @returns {import("./call.mjs").CallOptions & { json?: boolean, help?: boolean }} */
export function parse() {
  const { values } = read();
  const [seconds, loss] = [values.seconds, values.loss].map((text) => (text === undefined ? text : Number(text)));
  checkMedia(values);
  checkEvents(values, loss);
  if (!(seconds > 0 && seconds <= 3600)) throw new Usage("--seconds takes a number from 1 to 3600");
  if (values.key !== undefined && !/^[0-9a-f]{64}$/i.test(values.key)) throw new Usage("--key takes 64 hex digits");
  const labels = values["track-labels"] ? { video: "camera", audio: "microphone" } : { video: "", audio: "" };
  const say = (text) => process.stderr.write(`${text}\n`);
  return { ...values, seconds, loss, labels, say, capture: values.capture && recorder(values.capture) };
}

/** What is sent, and by which way. */
function checkMedia({ codec, audio, from, to, via, simulcast }) {
  choice("codec", codec, CODECS);
  choice("audio", audio, AUDIO);
  choice("from", from, BROWSERS);
  choice("to", to, BROWSERS);
  choice("via", via, Object.keys(SCENARIOS));
  const redGoes = from === "chromium" && to === "chromium" && via === "direct";
  if (audio === "red" && !redGoes) throw new Usage("--audio red takes --from chromium --to chromium --via direct");
  if (simulcast && !(codec === "vp8" && via === "janus")) throw new Usage("--simulcast takes --codec vp8 --via janus");
}

/** What happens meanwhile: one thing at a time. */
function checkEvents({ scenario, via, capture, key, simulcast, disorder }, loss) {
  if (scenario !== undefined) choice("scenario", scenario, SCENARIOS[via]);
  if (scenario && via === "direct" && (capture ?? key) !== undefined) throw new Usage("--scenario takes --via janus to go with --capture or --key");
  if (loss !== undefined && !(Number.isInteger(loss) && loss >= 1 && loss <= 50)) throw new Usage("--loss takes a number from 1 to 50");
  if (disorder && !loss) throw new Usage("--disorder takes --loss");
  if ([scenario, simulcast, loss].filter(Boolean).length > 1) throw new Usage("--scenario, --simulcast and --loss go one at a time");
}

function read() {
  try {
    return parseArgs({ options: OPTIONS });
  } catch (error) {
    throw new Usage(error.message);
  }
}

function choice(name, value, choices) {
  if (!choices.includes(value)) throw new Usage(`--${name} takes one of ${choices.join(", ")}`);
}

/** Starts the file over and returns what adds frames to it. */
function recorder(path) {
  writeFileSync(path, "");
  return (frames) => appendFileSync(path, frames.map((frame) => `${JSON.stringify(frame)}\n`).join(""));
}
