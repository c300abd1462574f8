/**
 * The shipped worker with a tap on the wire. What passes here is what a server gets to see: frames
 * on their way in before the core opens them, frames on their way out after it sealed them. No key
 * and no opened frame comes by. The tap can also flip bits, as a server could, and holds a watch.
 *
 * The import runs first and sets `self.onrtctransform`; this file then puts itself in between.
 */
import "/dist/worker.js";

/** Milliseconds between two samples of one stream. */
const PAUSE = { video: 120, audio: 240 };
/** Milliseconds between two ticks for the page, whose own timers are slowed in a hidden tab. */
const TICK = 50;
const SECOND = 1000;
/** So many of the last video frames are timed together. */
const RECENT = 200;

const page = new BroadcastChannel(self.location.search);
const shipped = self.onrtctransform;
const wanted = { flip: false, everyFrame: false };
const receivers = new Set();
/** Milliseconds that video frames took, and how many are new since the page was told. */
const times = { seal: { taken: [], news: 0 }, open: { taken: [], news: 0 } };

self.onrtctransform = ({ transformer }) => shipped({ transformer: tapped(transformer) });

page.onmessage = ({ data }) => {
  if (data.type === "want") Object.assign(wanted, data.wanted);
  if (data.type === "key-frame") requestKeyFrames();
};

setInterval(() => page.postMessage({ type: "tick" }), TICK);
setInterval(() => {
  page.postMessage({ type: "times", seal: summary(times.seal), open: summary(times.open) });
}, SECOND);

/** Stands in for an RTCRtpScriptTransformer. @param {RTCRtpScriptTransformer} transformer */
function tapped(transformer) {
  const { options, readable, writable } = transformer;
  const { direction, kind } = options;
  const stream = { direction, kind, incoming: direction === "open", sampledAt: 0, readAt: 0 };
  if (stream.incoming && kind === "video") receivers.add(transformer);
  return {
    options,
    readable: { getReader: () => reading(readable.getReader(), stream) },
    writable: { getWriter: () => writing(writable.getWriter(), stream) },
    sendKeyFrameRequest: () => transformer.sendKeyFrameRequest(),
  };
}

function reading(reader, stream) {
  const read = async () => {
    const result = await reader.read();
    if (stream.incoming && !result.done) look(result.value, stream);
    stream.readAt = performance.now();
    return result;
  };
  return { read };
}

function writing(writer, stream) {
  const write = (frame) => {
    if (stream.kind === "video") note(times[stream.direction], performance.now() - stream.readAt);
    if (!stream.incoming) look(frame, stream);
    return writer.write(frame);
  };
  return { write, get desiredSize() { return writer.desiredSize; } };
}

function look(frame, stream) {
  const flipped = wanted.flip && stream.incoming && flipOneBit(frame);
  const now = performance.now();
  const all = wanted.everyFrame && stream.incoming && stream.kind === "video";
  if (!all && now - stream.sampledAt < PAUSE[stream.kind]) return;
  stream.sampledAt = now;
  const { direction, kind } = stream;
  const { mimeType: mime = "" } = frame.getMetadata();
  const sample = { direction, kind, flipped, mime, key: frame.type === "key", bytes: frame.data };
  page.postMessage({ type: "frame", ...sample });
}

/** Any bit of the frame: the window is bound by the tag as well. */
function flipOneBit(frame) {
  const bytes = new Uint8Array(frame.data);
  if (bytes.length === 0) return false;
  bytes[Math.floor(Math.random() * bytes.length)] ^= 1 << Math.floor(Math.random() * 8);
  frame.data = bytes.buffer;
  return true;
}

function requestKeyFrames() {
  receivers.forEach((receiver) => receiver.sendKeyFrameRequest().catch(() => receivers.delete(receiver)));
}

function note(times, milliseconds) {
  times.news++;
  times.taken.push(milliseconds);
  if (times.taken.length > RECENT) times.taken.shift();
}

/** In microseconds; nothing where no frame came since the last time. */
function summary(times) {
  if (times.news === 0) return undefined;
  times.news = 0;
  const sorted = times.taken.toSorted((a, b) => a - b);
  const quantile = (share) => sorted[Math.floor((sorted.length - 1) * share)] * 1000;
  return { p50: quantile(0.5), p99: quantile(0.99) };
}
