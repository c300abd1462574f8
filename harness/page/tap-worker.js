// The shipped worker with a tap in front. The tap sees what reaches a receiver's transform: the
// frames that a server sees. It imports the shipped file unchanged and wraps the event that hands
// it transforms.
//
// The page asks on a BroadcastChannel (tap.js). Settings in the URL:
//   ?tap=NAME        the name of the channel
//   ?show=yes        samples and times for people (tap-display.js), not a record (tap-record.js)
//   ?tally=yes       counts for long calls (tap-tally.js), not a record
//   ?mime=, ?flood=  faults (tap-faults.js)
import "./wasm-memory.js";
import "../../dist/worker.js";
import { Display } from "./tap-display.js";
import { Faults } from "./tap-faults.js";
import { Record } from "./tap-record.js";
import { replay, replaying, wasReplayed, withhold } from "./tap-replay.js";
import { Tally } from "./tap-tally.js";

const settings = new URL(self.location.href).searchParams;
const channel = new BroadcastChannel(settings.get("tap") ?? "tap");
const faults = new Faults(settings);
const observer = newObserver();
const questions = { ...observer.questions, replay, withhold };
const orders = { ...observer.orders, ...faults.orders };

const shipped = self.onrtctransform;
self.onrtctransform = ({ transformer }) => shipped({ transformer: tapped(transformer) });

// Not asynchronous: the order `throw` must end the worker, and not only reject a promise.
channel.onmessage = ({ data }) => {
  orders[data.ask]?.(data);
  answer(data);
};

async function answer(data) {
  const question = questions[data.ask];
  if (question) channel.postMessage({ answer: data.id, value: await question(data) });
}

function newObserver() {
  if (settings.has("show")) return new Display((message) => channel.postMessage(message));
  return settings.has("tally") ? new Tally() : new Record();
}

/** Stands in for an RTCRtpScriptTransformer. @param {RTCRtpScriptTransformer} transformer */
function tapped(transformer) {
  const { options } = transformer;
  const [reader, writer] = [transformer.readable.getReader(), transformer.writable.getWriter()];
  const stream = observer.begin(transformer);
  const method = (name) => (rid) => {
    stream.asked(name);
    return faults.losesRequest() ? Promise.resolve() : transformer[name](rid);
  };
  return {
    options,
    readable: { getReader: () => ({ read: readingOf(reader, writer, stream, options) }) },
    writable: { getWriter: () => observed(writer, stream) },
    sendKeyFrameRequest: method("sendKeyFrameRequest"),
    generateKeyFrame: transformer.generateKeyFrame && method("generateKeyFrame"),
  };
}

/** The observer sees genuine frames only: forged and repeated ones come in behind it. */
function readingOf(reader, writer, stream, options) {
  const read = faults.leaking(reader, writer);
  const genuine = async () => {
    const result = await read();
    if (result.done) return result;
    stream.arrived(result.value);
    faults.disguise(result.value);
    return result;
  };
  return replaying(faults.flooding(genuine, stream, options), options);
}

/** The writer. The observer sees each frame that it writes, except repeated ones. */
function observed(writer, stream) {
  const write = (frame) => {
    if (wasReplayed(frame)) return undefined;
    stream.left(frame);
    return writer.write(frame);
  };
  const own = (name) =>
    typeof writer[name] === "function" ? writer[name].bind(writer) : writer[name];
  return new Proxy(writer, { get: (_, name) => (name === "write" ? write : own(name)) });
}
