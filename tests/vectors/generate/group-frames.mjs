// Frames of an MLS group (docs/protocol.md §6.10), sealed with the epochs of sealframe-group.json.
import { readFileSync } from "node:fs";
import { sframeHeader } from "./data.mjs";
import { hex, hkdf, join, seal, uint, written } from "./bytes.mjs";

const CODECS = { opus: [1, 1], vp8: [2, 2] };
/** E of RFC 9605 §5.2. */
const EPOCH_BITS = 8n;

/** Its inputs are epochs of our own, and of each frame its epoch, leaf, counter, codec, track, content. */
export async function groupFrames({ given, frames }) {
  const epochs = [...given, ...playedEpochs()];
  const made = [];
  for (const frame of frames) made.push(await sealed(frame, epochs[frame.epoch]));
  return { given, epochs, frames: made };
}

/** The last epoch of each call that both devices are in. */
function playedEpochs() {
  const file = new URL("../sealframe-group.json", import.meta.url);
  const { calls, devices } = JSON.parse(readFileSync(file, "utf8"));
  return calls.map(({ epochs }) => {
    const { epoch, context, members, baseKey } = epochs
      .filter((each) => each.members.length === 2)
      .at(-1);
    const named = members.map(([leaf, name]) => [leaf, devices[name].id]);
    return { epoch, context, members: named, baseKey };
  });
}

async function sealed({ epoch, leaf, ctr, codec, track, frame }, keys) {
  const kid = kidOf(keys, leaf);
  const derive = (what, length) =>
    hkdf(hex(keys.baseKey), length, `SFrame 1.0 Secret ${what} `, uint(kid, 8), uint(5, 2));
  const [key, salt] = [await derive("key", 32), await derive("salt", 12)];
  const nonce = salt.map((byte, at) => byte ^ uint(ctr, 12)[at]);
  const content = hex(frame);
  const window = codec === "vp8" ? content.subarray(0, content[0] & 1 ? 1 : 10) : [];
  const header = sframeHeader(kid, BigInt(ctr));
  const label = Buffer.from(track);
  const aad = join(header, "sealframe/1", CODECS[codec], [label.length], label, window);
  const wire = join(window, header, await seal(key, nonce, aad, content));
  const sender = keys.members.find(([at]) => at === leaf)[1];
  const made = { kid: uint(kid, 8), key, salt, nonce, aad, wire };
  return written({ epoch, leaf, sender, ctr, codec, track, frame, ...made });
}

/** RFC 9605 §5.2. */
function kidOf({ epoch, context, members }, leaf) {
  const width = Math.max(...members.map(([at]) => at)) + 1;
  const indexBits = BigInt(Math.ceil(Math.log2(width)));
  const low = (BigInt(leaf) << EPOCH_BITS) | (BigInt(epoch) & 0xffn);
  return (BigInt(context) << (indexBits + EPOCH_BITS)) | low;
}
