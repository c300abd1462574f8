// `npm run call`: two real browsers, one sealed call, figures. `--json` prints one line on stdout.
import { appendFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { build } from "../scripts/build.mjs";
import { setupTest } from "../scripts/setup.mjs";
import { Stop } from "../scripts/steps.mjs";

const CODECS = ["vp8", "vp9", "h264", "av1"];
const BROWSERS = ["chromium", "firefox"];

const HELP = `npm run call -- [options]
  --codec ${CODECS.join("|")}    default vp8
  --from, --to ${BROWSERS.join("|")}    default chromium
  --via direct|janus        default direct; janus starts one of its own: --from sends, --to receives
  --simulcast               three layers of vp8 from chromium by way of janus, and changes between them
  --seconds N               how long to talk, default 5
  --key HEX64               one application key for both sides instead of device keys
  --track-labels            call the tracks "camera" and "microphone"; without it they have no label
  --capture FILE            what a tap without keys got on the receiving side, as JSON lines
  --json                    one line of JSON on stdout`;

const OPTIONS = {
  capture: { type: "string" },
  codec: { type: "string", default: "vp8" },
  from: { type: "string", default: "chromium" },
  help: { type: "boolean" },
  json: { type: "boolean" },
  key: { type: "string" },
  seconds: { type: "string", default: "5" },
  simulcast: { type: "boolean" },
  to: { type: "string", default: "chromium" },
  "track-labels": { type: "boolean" },
  via: { type: "string", default: "direct" },
};

class Usage extends Error {}

// Whoever is interrupted leaves nothing behind: browsers and Janus end when this process exits.
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));

try {
  const options = parse();
  if (options.help) process.stdout.write(`${HELP}\n`);
  else await main(options);
} catch (error) {
  if (error instanceof Usage) process.stderr.write(`${error.message}\n\n${HELP}\n`);
  else process.stderr.write(`${error instanceof Stop ? error.message : error.stack}\n`);
  process.exitCode = error instanceof Usage ? 2 : 1;
}
// Nothing may outlive the call, not even a socket that somebody forgot.
process.exit();

async function main(options) {
  await setupTest();
  await build();
  // Only now: on a fresh clone the packages that it imports have just been installed.
  const { makeCall } = await import("./call.mjs");
  // Launching, settling and the call itself are bounded; this is for what is not.
  const alarm = setTimeout(() => fail("the call took too long"), (options.seconds + 150) * 1000);
  const { problems, ...result } = await makeCall(options);
  clearTimeout(alarm);
  for (const problem of problems) options.say(problem);
  process.stdout.write(options.json ? `${JSON.stringify(result)}\n` : summary(result));
  process.exitCode = result.decoded.video > 0 && result.audioHeard ? 0 : 1;
}

/** By way of a signal, which ends the browsers too. */
function fail(text) {
  process.stderr.write(`${text}\n`);
  process.kill(process.pid, "SIGTERM");
}

function parse() {
  const { values } = read();
  const seconds = Number(values.seconds);
  choice("codec", values.codec, CODECS);
  choice("from", values.from, BROWSERS);
  choice("to", values.to, BROWSERS);
  choice("via", values.via, ["direct", "janus"]);
  if (values.simulcast && !(values.codec === "vp8" && values.from === "chromium" && values.via === "janus"))
    throw new Usage("--simulcast takes --codec vp8 --from chromium --via janus");
  if (!(seconds > 0 && seconds <= 3600)) throw new Usage("--seconds takes a number from 1 to 3600");
  if (values.key !== undefined && !/^[0-9a-f]{64}$/i.test(values.key)) throw new Usage("--key takes 64 hex digits");
  const labels = values["track-labels"] ? { video: "camera", audio: "microphone" } : { video: "", audio: "" };
  const say = (text) => process.stderr.write(`${text}\n`);
  return { ...values, seconds, labels, say, capture: values.capture && recorder(values.capture) };
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

function summary(result) {
  const { sealed, opened, decoded, overheadBytes: overhead, microseconds: times } = result;
  const drops = Object.entries(result.dropped).map(([code, count]) => `${count} ${code}`);
  return `
  ${result.codec} from ${result.from} to ${result.to}, ${result.via}, ${result.seconds} s
  sealed            ${sealed.video} video, ${sealed.audio} audio frames
  opened            ${opened.video} video, ${opened.audio} audio frames
  decoded           ${decoded.video} pictures${decoded.video ? ", showing what was sent" : ""}; tone ${result.audioHeard ? "heard" : "NOT heard"}
  layers            ${result.layers?.join(", ") ?? "one"}
  dropped           ${drops.join(", ") || "none"}
  plaintext frames  ${result.plaintextFrames} seen by a tap without keys
  overhead          ${overhead.video} bytes a video frame, ${overhead.audio} an audio frame
  time a frame      seal ${times.seal.p50} µs (99 %: ${times.seal.p99}), open ${times.open.p50} µs (99 %: ${times.open.p99})

`;
}
