/** A call as one of its members sees it: its streams, and when their frames come. */
import { encode } from "./frames.js";

export const SELF = "me";

const OPUS = { codec: "opus", fps: 50, bytes: 120, key: 120 };
/** 720p at 1.7 Mbit/s, and the smaller layers of a simulcast sender. */
const LARGE = { codec: "vp8", fps: 30, bytes: 7_000, key: 40_000 };
const MIDDLE = { codec: "vp8", fps: 25, bytes: 2_200, key: 12_000 };
const SMALL = { codec: "vp8", fps: 20, bytes: 1_000, key: 6_000 };

/**
 * Streams out: our microphone and three layers. Streams in: one large speaker, and all others
 * small.
 */
export function makeCall(senders) {
  const own = [stream("seal", SELF, OPUS), stream("seal", SELF, SMALL, MIDDLE, LARGE)];
  const others = names(senders).flatMap((sender, at) => [
    stream("open", sender, OPUS),
    stream("open", sender, at === 0 ? LARGE : SMALL),
  ]);
  return [...own, ...others];
}

export function names(senders) {
  return Array.from({ length: senders }, (_, at) => `sender-${at}`);
}

/** The streams of one transform. The layers of a simulcast sender share one. */
function stream(direction, sender, ...layers) {
  return { direction, sender, track: layers[0].codec, codec: layers[0].codec, layers };
}

/**
 * When each frame is due, in milliseconds, all streams in one list: `[due, stream, type, bytes]`.
 */
export function schedule(streams, milliseconds) {
  const events = streams.flatMap(({ layers }, index) =>
    layers.flatMap((layer) => times(layer, index, milliseconds)),
  );
  return events.sort(([a], [b]) => a - b);
}

function times({ fps, bytes, key }, index, milliseconds) {
  // Senders start at different times.
  const phase = Math.random() * (1_000 / fps);
  const count = Math.floor(((milliseconds - phase) * fps) / 1_000);
  return Array.from({ length: count }, (_, at) => {
    const type = at === 0 && key !== bytes ? "key" : "delta";
    return [phase + (at * 1_000) / fps, index, type, type === "key" ? key : bytes];
  });
}

/**
 * Made once and copied often. The content of a frame does not matter, but each frame needs a buffer
 * of its own.
 */
export function makeEncoder() {
  const known = new Map();
  return (codec, type, bytes) => {
    const name = `${codec} ${type} ${bytes}`;
    if (!known.has(name)) known.set(name, encode({ codec, bytes }, type));
    return known.get(name).slice();
  };
}
