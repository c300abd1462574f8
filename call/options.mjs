// The options of `npm run call`: which there are, and which go together.
import { appendFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { hasSimulcast, isLite, NAMES, partsOf } from "../harness/sfu/index.mjs";
import { SCENARIOS } from "./scenarios/index.mjs";

const CODECS = ["vp8", "vp9", "h264", "av1"];
const AUDIO = ["opus", "red"];
const BROWSERS = ["chromium", "firefox"];
const PATHS = ["direct", ...NAMES];
const GROUPS = ["mls"];
/**
 * Scenarios that move keys from member to member: an application key has nothing to show in them.
 */
const DEVICE_KEYS = ["broker", "churn", "leave"];

export const HELP = `npm run call -- [options]
  --members N               2 to 6, default 2. Figures are about what A sends to B, or to the joiner
  --from, --to ${BROWSERS.join("|")}    the browser of A, and that of all others; default chromium
  --via WAY                 which way media take, default direct:
                            direct   each with each
                            janus    a Janus videoroom
                            mediasoup
                                     an SFU on mediasoup, whose worker is built on first use. With
                                     Firefox it needs root, for a network namespace of its own
                            pion     an SFU on Pion, which begins pictures at key frames that it
                                     recognizes by bytes of the payload
                            str0m    an SFU on str0m, built on first use, which packetizes frames
                                     again
                            turn     each with each, through a relay (coturn)
                            werift   an SFU on werift, in JavaScript
                            whip=URL a server of yours that speaks WHIP and WHEP. {feed} in the URL
                                     stands for the name of a publication, and the URL of WHEP has
                                     "whep" for the last "whip": http://127.0.0.1:8889/{feed}/whip
  --codec ${CODECS.join("|")}    default vp8
  --audio ${AUDIO.join("|")}          default opus. red needs Chromium and direct: no server here offers it
  --simulcast               A sends three layers of vp8, and B changes between them. With --via
                            ${NAMES.filter(hasSimulcast).join("|")}
  --group mls               keys of an MLS group of the devices, instead of keys that each device sends
                            to each. All must be in one epoch at the end
  --seconds N               how long the call lasts, default 5
  --scenario NAME           what happens, with the gap in media and whether it is short enough:
                            broker   keys go over STOMP; RabbitMQ stops while one more joins
                            churn    one joins, one is removed, one reloads, one makes a new key
                            join     one more joins
                            late     one more joins, and a server replays sealed frames to it
                            leave    the last one is taken off the roster
                            rejoin   B's tab is reloaded
                            restart  A's tab is reloaded
                            return   B leaves, and comes back after 3 s
  --rtt N                   signaling takes N ms there and back. How soon after setMembers() a joiner
                            and a member open frames of each other, beside docs/protocol.md §4; with
                            --scenario rejoin, how soon after a reload
  --loss N                  N % of the datagrams are lost: how many were sealed and decoded, and how
                            soon pictures were back. It needs root, for a network namespace of its own
  --disorder                with --loss: other datagrams come twice or late
  --key HEX64               one application key for all instead of device keys. Senders are called
                            "a", "b" and so on
  --track-labels            calls the tracks "camera" and "microphone"; the default is no label
  --capture FILE            writes what a tap without keys got at the receiver, as JSON lines
  --json                    prints one line of JSON on stdout`;

const OPTIONS = {
  audio: { type: "string", default: "opus" },
  capture: { type: "string" },
  codec: { type: "string", default: "vp8" },
  disorder: { type: "boolean" },
  from: { type: "string", default: "chromium" },
  group: { type: "string" },
  help: { type: "boolean" },
  json: { type: "boolean" },
  key: { type: "string" },
  loss: { type: "string" },
  members: { type: "string", default: "2" },
  rtt: { type: "string" },
  scenario: { type: "string" },
  seconds: { type: "string", default: "5" },
  simulcast: { type: "boolean" },
  to: { type: "string", default: "chromium" },
  "track-labels": { type: "boolean" },
  via: { type: "string", default: "direct" },
};

const LABELS = { video: "camera", audio: "microphone" };
const NO_LABELS = { video: "", audio: "" };

/** A mistake on the command line. */
export class Usage extends Error {}

/** @returns {import("./call.mjs").CallOptions & { json?: boolean, help?: boolean }} */
export function parse() {
  const { values } = read();
  const numbers = numbersOf(values);
  checkMedia(values);
  if (numbers.rtt !== undefined) values.scenario = checkRoundTrip(values);
  checkEvents(values, numbers.loss);
  checkGroup(values);
  if (values.key !== undefined && !/^[0-9a-f]{64}$/i.test(values.key))
    throw new Usage("--key takes 64 hex digits");
  return {
    ...values,
    ...numbers,
    inNetwork: needsNetwork(values),
    labels: values["track-labels"] ? LABELS : NO_LABELS,
    say: (text) => process.stderr.write(`${text}\n`),
    capture: values.capture && recorder(values.capture),
  };
}

function numbersOf({ seconds, loss, rtt, members }) {
  const number = (name, text, low, high, isInteger) => {
    if (text === undefined) return undefined;
    const value = Number(text);
    if (value >= low && value <= high && (!isInteger || Number.isInteger(value))) return value;
    throw new Usage(`--${name} takes a number from ${low} to ${high}`);
  };
  return {
    seconds: number("seconds", seconds, 0.1, 3600, false),
    loss: number("loss", loss, 1, 50, true),
    rtt: number("rtt", rtt, 1, 5000, false),
    members: number("members", members, 2, 6, true),
  };
}

/** What is sent, and which way it goes. */
function checkMedia({ codec, audio, from, to, via, simulcast }) {
  choice("codec", codec, CODECS);
  choice("audio", audio, AUDIO);
  choice("from", from, BROWSERS);
  choice("to", to, BROWSERS);
  checkWay(via);
  const hasRed = from === "chromium" && to === "chromium" && via === "direct";
  if (audio === "red" && !hasRed)
    throw new Usage("--audio red takes --from chromium --to chromium --via direct");
  if (simulcast && !(codec === "vp8" && hasSimulcast(via))) {
    const ways = NAMES.filter(hasSimulcast).join("|");
    throw new Usage(`--simulcast takes --codec vp8 --via ${ways}`);
  }
}

/** Datagrams are lost in a private network only. Firefox reaches an ICE-lite server only there. */
function needsNetwork({ loss, from, to, via }) {
  return Boolean(loss) || (isLite(via) && [from, to].includes("firefox"));
}

function checkWay(via) {
  const { name, address } = partsOf(via);
  choice("via", name, PATHS);
  const isWhip = name === "whip";
  if (isWhip !== (address !== undefined) || (isWhip && !isWhipUrl(address)))
    throw new Usage("--via whip=URL, and no other way, takes a URL with {feed} and whip in it");
}

function isWhipUrl(text) {
  return URL.canParse(text) && /^https?:/.test(text) && /\{feed\}/.test(text) && /whip/.test(text);
}

/** What happens meanwhile: one thing at a time. */
function checkEvents({ scenario, key, simulcast, disorder }, loss) {
  if (scenario !== undefined) choice("scenario", scenario, Object.keys(SCENARIOS));
  if (key !== undefined && DEVICE_KEYS.includes(scenario))
    throw new Usage(`--key does not go with --scenario ${DEVICE_KEYS.join(" or ")}`);
  if (disorder && !loss) throw new Usage("--disorder takes --loss");
  if ([scenario, simulcast, loss].filter(Boolean).length > 1)
    throw new Usage("--scenario, --simulcast and --loss go one at a time");
}

/** The bounds of `--rtt` are those of keys that each device sends to each. */
function checkGroup({ group, key, rtt }) {
  if (group === undefined) return;
  choice("group", group, GROUPS);
  if (key !== undefined || rtt !== undefined)
    throw new Usage("--group takes no --key and no --rtt");
}

/** @returns the scenario that shows it */
function checkRoundTrip({ scenario = "join", via }) {
  if (via !== "direct" || !["join", "rejoin"].includes(scenario))
    throw new Usage("--rtt takes --via direct, and no scenario but join or rejoin");
  return scenario;
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

/** Empties the file and returns what adds frames to it. */
function recorder(path) {
  writeFileSync(path, "");
  return (frames) =>
    appendFileSync(path, frames.map((frame) => `${JSON.stringify(frame)}\n`).join(""));
}
