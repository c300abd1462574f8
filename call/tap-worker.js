// The shipped worker with a tap in front: what reaches a receiver's transform is what a server
// sees. It imports the shipped file unchanged and wraps the event that hands it transforms.
//
// The page asks on a BroadcastChannel named in `?tap=`, also to hang, to throw, to lose
// requests, or to let a layer go by. `?mime=` replaces
// the codec that frames report, for tests of unknown ones, or is empty as in browsers that report none,
// or "throw"; `?flood=` puts so many forged frames in
// front of each that arrives.
import "../dist/worker.js";
import { opened, reading, replay, withhold } from "./replay.js";
import { Census, digest, sealedHeader } from "./wire.js";

const settings = new URL(self.location.href).searchParams;
const channel = new BroadcastChannel(settings.get("tap") ?? "tap");
const mime = settings.get("mime");
const flood = Number(settings.get("flood"));
const LIMIT = 24 << 20;

let census = new Census();
/** Frames that this worker was given, by direction and kind, and the codecs that they say they have. */
let given = {};
let codecs = {};
/** Censuses of single tracks. @type {Map<string, Census>} */
let tracks = new Map();
/** Key frames asked for, by method and kind; they are not reset. */
const asked = {};
/** The layer of a simulcast whose frames go past the worker, by its SSRC. */
let leak = NaN;
/** How many of the next requests for key frames get lost. */
let deaf = 0;
/** Of what passed the worker, by "sender kind": how many frames, and when the last one did. */
const passed = {};
/** Digests of the frames as encoders make them and decoders get them. */
const clear = { seal: [], open: [] };
const frames = [];
let bytes = 0;
/** Bandwidth probes repeat old packets, seconds later too: a frame counts once, and never again. */
const seen = new Set();

const shipped = self.onrtctransform;
self.onrtctransform = ({ transformer }) => shipped({ transformer: tapped(transformer) });

const ANSWERS = {
  census: () => ({ ...census.count(), given, asked, codecs: listed(), clear }),
  frames: ({ count }) => frames.splice(0, count),
  passed: () => passed,
  track: ({ track }) => (tracks.get(track) ?? new Census()).count(census.keys()),
  replay,
  withhold,
};

channel.onmessage = ({ data }) => {
  if (data.ask === "hang") for (;;);
  if (data.ask === "throw") throw new Error("thrown on request");
  if (data.ask === "reset") [census, given, codecs, tracks] = [new Census(), {}, {}, new Map()];
  if (data.ask === "deaf") deaf = data.count;
  if (data.ask === "leak") leak = data.ssrc;
  if (ANSWERS[data.ask]) answer(data);
};

async function answer(data) {
  channel.postMessage({ answer: data.id, value: await ANSWERS[data.ask](data) });
}

function listed() {
  return Object.fromEntries(Object.entries(codecs).map(([name, mimes]) => [name, [...mimes]]));
}

function tapped(transformer) {
  const { options } = transformer;
  const [reader, writer] = [transformer.readable.getReader(), transformer.writable.getWriter()];
  const queue = [];
  const read = async () => {
    if (queue.length > 0) return queue.shift();
    const result = await reader.read();
    if (result.value?.getMetadata().synchronizationSource === leak) return read(writer.write(result.value));
    if (!result.done) look(result.value, options);
    if (flood && !result.done && options.direction === "open") queue.push(...forged(result.value, options), result);
    return queue.shift() ?? result;
  };
  const method = (name) => (rid) => {
    asked[`${name} ${options.kind}`] = (asked[`${name} ${options.kind}`] ?? 0) + 1;
    return deaf-- > 0 ? Promise.resolve() : transformer[name](rid);
  };
  return {
    options,
    readable: { getReader: () => ({ read: reading(read, options) }) },
    writable: { getWriter: () => noted(writer, options) },
    sendKeyFrameRequest: method("sendKeyFrameRequest"),
    generateKeyFrame: transformer.generateKeyFrame && method("generateKeyFrame"),
  };
}

/** The frame with its tag bent, many times. */
function forged(frame, { kind }) {
  const { length } = new Uint8Array(frame.data);
  const name = `forged ${kind}`;
  given[name] = (given[name] ?? 0) + (length ? flood : 0);
  return Array.from({ length: length ? flood : 0 }, (_, i) => {
    const bytes = new Uint8Array(frame.data.slice(0));
    bytes[length - 2] ^= 1 + i;
    return { done: false, value: { type: frame.type, data: bytes.buffer, getMetadata: () => frame.getMetadata() } };
  });
}

/** What the worker writes is noted, and for a decoder what it was. */
function noted(writer, { direction, kind, sender }) {
  const name = `${sender} ${kind}`;
  const write = (frame) => {
    if (opened(frame)) return undefined;
    passed[name] = { frames: (passed[name]?.frames ?? 0) + 1, last: performance.timeOrigin + performance.now() };
    if (direction === "open") clear.open.push(digest(new Uint8Array(frame.data)));
    return writer.write(frame);
  };
  const own = (name) => (typeof writer[name] === "function" ? writer[name].bind(writer) : writer[name]);
  return new Proxy(writer, { get: (_, name) => (name === "write" ? write : own(name)) });
}

function look(frame, { direction, kind, sender, track }) {
  const name = `${direction} ${kind}`;
  const empty = frame.data.byteLength === 0 ? "empty " : "";
  given[empty + name] = (given[empty + name] ?? 0) + 1;
  (codecs[name] ??= new Set()).add(frame.getMetadata().mimeType?.split("/")[1]?.toLowerCase());
  if (direction === "seal") clear.seal.push(digest(new Uint8Array(frame.data)));
  if (direction === "open" && frame.data.byteLength > 0) record(frame, kind, sender, track);
  if (mime === "throw") frame.getMetadata = () => structuredClone(self); // a DOMException, whose code is a number
  else if (mime !== null) frame.getMetadata = () => ({ mimeType: mime || undefined });
}

function record(frame, kind, sender, track) {
  const wire = new Uint8Array(frame.data.slice(0));
  const codec = frame.getMetadata().mimeType ?? "";
  const mark = `${wire.length} ${wire.subarray(-24)}`;
  if (seen.has(mark)) return;
  seen.add(mark);
  census.add(`${kind} ${track}`, codec, wire);
  if (!tracks.has(track)) tracks.set(track, new Census());
  tracks.get(track).add(kind, codec, wire);
  bytes += wire.length;
  if (bytes > LIMIT) return;
  const kid = sealedHeader(codec, wire)?.kid.toString() ?? null;
  frames.push({ kind, codec: codec.split("/")[1]?.toLowerCase() ?? "", type: frame.type ?? null, sender, track, kid, wire });
}
