// What happens to a sender after it was sealed in time.
import { camera, LAYERS, WIDE } from "/harness/page/media.js";
import { sleep } from "../pair.js";
import { media } from "./cell.js";

export const CHANGES = {
  "track replaced": (cell) =>
    each(cell.senders, (sender) => sender.replaceTrack(fresh(cell, sender.track))),
  "no track, then one again": async (cell) => {
    const { tracks } = cell;
    await each(cell.senders, (sender) => sender.replaceTrack(null));
    await sleep(200);
    await each(cell.senders, (sender, i) => sender.replaceTrack(tracks[i]));
  },
  "transceiver inactive, then reused": async (cell) => {
    const transceivers = cell.a.getTransceivers();
    transceivers.forEach((transceiver) => (transceiver.direction = "inactive"));
    await cell.negotiate();
    transceivers.forEach((transceiver) => (transceiver.direction = "sendonly"));
    await each(cell.senders, (sender) => sender.replaceTrack(fresh(cell, sender.track)));
    await cell.negotiate();
  },
  "offered again, ICE restarted": async (cell) => {
    cell.a.restartIce();
    await cell.negotiate();
  },
  "another codec by setParameters": async (cell) => {
    const parameters = cell.senders[1].getParameters();
    const codec = RTCRtpSender.getCapabilities("video").codecs.find(({ mimeType }) =>
      /vp9/i.test(mimeType),
    );
    parameters.encodings.forEach((encoding) => (encoding.codec = codec));
    await cell.senders[1].setParameters(parameters);
  },
  "another codec by a new offer": async (cell) => {
    const { codecs } = RTCRtpReceiver.getCapabilities("video");
    const first = codecs.filter(({ mimeType }) => /vp9/i.test(mimeType));
    cell.a
      .getTransceivers()[1]
      .setCodecPreferences([...first, ...codecs.filter((codec) => !first.includes(codec))]);
    await cell.negotiate();
  },
  "H.264 with packetization-mode 0": async (cell) => {
    const h264 = RTCRtpReceiver.getCapabilities("video").codecs.filter(({ mimeType }) =>
      /h264/i.test(mimeType),
    );
    if (h264.length === 0) return cell.errors.push("no H.264");
    cell.a.getTransceivers()[1].setCodecPreferences(h264);
    await cell.negotiate(cell.a, cell.b, (sdp) => sdp.replace(/packetization-mode=\d;?/g, ""));
    const video = async () =>
      (await cell.call.stats()).streams.find(
        ({ kind, track }) => kind === "video" && track === cell.label,
      );
    for (let i = 0; i < 40 && (await video()).state === "sealed"; i++) await sleep(100);
    const { code } = await video();
    if (code) cell.errors.push(code);
  },
  "simulcast added": async (cell) => {
    const track = camera(WIDE);
    cell.tracks.push(track);
    const sendEncodings = LAYERS.map(({ rid, scaleResolutionDownBy = 1 }) => ({
      rid,
      scaleResolutionDownBy,
    }));
    cell.seal(cell.a.addTransceiver(track, { sendEncodings }).sender);
    await cell.negotiate();
  },
  "screen stopped, shared again": async (cell) => {
    cell.a.removeTrack(cell.senders[1]);
    await cell.negotiate();
    cell.seal(cell.a.addTrack(fresh(cell, media[1]), new MediaStream()));
    await cell.negotiate();
  },
  "sealed again": (cell) => cell.senders.forEach((sender) => cell.seal(sender)),
};

/**
 * The result of a change: no frame may be in plaintext at any time, and frames must stay sealed.
 */
export async function changed(cell, act) {
  cell.add().forEach((sender) => cell.seal(sender));
  await cell.negotiate();
  const before = await cell.outcome();
  if (before !== "sealed") return `${before} from the beginning`;
  try {
    await act(cell);
  } catch (error) {
    cell.errors.push(error.code && typeof error.code === "string" ? error.code : error.name);
  }
  const whole = await cell.seen();
  if (whole.plaintext > 0) return `PLAINTEXT (${whole.plaintext})`;
  return cell.outcome(true);
}

const each = (list, act) => Promise.all(list.map(act));

function fresh(cell, track) {
  const copy = media.find(({ kind }) => kind === track.kind).clone();
  cell.tracks.push(copy);
  return copy;
}
