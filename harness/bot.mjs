// A member that is no browser: sealframe/node on top of werift. It opens the frames of one browser,
// records them, and sends everything back under a key of its own.
import { dePacketizeRtpPackets, MediaStreamTrack, RtpHeader, RtpPacket } from "werift";
import { RTCPeerConnection, RTCRtpCodecParameters } from "werift";
import { oggOpus } from "./ogg.mjs";

/** Bytes of a packet's payload. */
const MTU = 1_100;
/** RFC 7741 §4.2: the descriptor of the first packet of a frame, and of the others. */
const [FIRST, NEXT] = [0x10, 0x00];
const OPUS = { mimeType: "audio/opus", clockRate: 48000, channels: 2 };
const FEEDBACK = [{ type: "nack" }, { type: "nack", parameter: "pli" }];
const VP8 = { mimeType: "video/VP8", clockRate: 90000, rtcpFeedback: FEEDBACK };

export class Bot {
  /** Frames that came, and those that opened, since the first one that opened. */
  counts = { audio: { came: 0, opened: 0 }, video: { came: 0, opened: 0 } };
  /** Milliseconds from the offer to the first frame that opened. */
  firstAfter = Number.NaN;
  /** The opened frames, with their times. */
  recording = { audio: [], video: [] };
  #start = Number.NaN;
  #call;
  #from;
  #pc;

  /** @param {import("sealframe/node").Call} call @param {string} from the browser's device */
  constructor(call, from) {
    this.#call = call;
    this.#from = from;
    this.#pc = new RTCPeerConnection({
      iceAdditionalHostAddresses: ["127.0.0.1"],
      iceUseIpv6: false,
      iceTcpPassive: false,
      codecs: {
        audio: [new RTCRtpCodecParameters(OPUS)],
        video: [new RTCRtpCodecParameters(VP8)],
      },
    });
  }

  /** Answers an offer of one audio and one video track in both directions. */
  async answer(sdp) {
    this.#start = performance.now();
    this.#pc.onTransceiverAdded.subscribe((transceiver) =>
      transceiver.onTrack.subscribe((track) => this.#receive(transceiver, track)),
    );
    await this.#pc.setRemoteDescription({ type: "offer", sdp });
    await this.#pc.setLocalDescription(await this.#pc.createAnswer());
    return this.#pc.localDescription.sdp;
  }

  close() {
    return this.#pc.close();
  }

  async #receive(transceiver, track) {
    const { kind } = track;
    const codec = (kind === "audio" ? OPUS : VP8).mimeType;
    const out = new MediaStreamTrack({ kind });
    transceiver.setDirection("sendrecv");
    await transceiver.sender.replaceTrack(out);
    const ask = () => transceiver.receiver.sendRtcpPLI(track.ssrc);
    const opening = this.#call.open({
      from: this.#from,
      kind,
      codec,
      track: kind,
      onkeyframe: ask,
    });
    const sealing = this.#call.seal({ kind, codec, track: kind, onkeyframe: ask });
    const send = kind === "audio" ? sendWhole(out) : sendVp8(out);
    const take = (wire, timestamp, isKey) => {
      const frame = this.#open(kind, opening, wire, isKey);
      if (!frame) return;
      this.recording[kind].push({ frame, timestamp });
      const sealed = sealing.pass(frame, isKey);
      if (sealed) send(sealed, timestamp);
    };
    track.onReceiveRtp.subscribe(kind === "audio" ? wholePackets(take) : vp8Frames(take));
  }

  #open(kind, opening, wire, isKey) {
    const frame = opening.pass(wire, isKey);
    const counts = this.counts[kind];
    if (!frame && counts.opened === 0) return undefined;
    counts.came++;
    if (!frame) return undefined;
    counts.opened++;
    if (Number.isNaN(this.firstAfter)) this.firstAfter = performance.now() - this.#start;
    return frame;
  }

  /** The sound that was recorded, as an Ogg file. */
  ogg() {
    return oggOpus(this.recording.audio);
  }

  /** The picture that was recorded, as an IVF file. */
  ivf() {
    const header = Buffer.alloc(32);
    header.write("DKIF\0\0\x20\0VP80", "latin1");
    header.writeUInt32LE(90_000, 16);
    header.writeUInt32LE(1, 20);
    const { video } = this.recording;
    header.writeUInt32LE(video.length, 24);
    const [first] = video;
    const frames = video.flatMap(({ frame, timestamp }) => {
      const front = Buffer.alloc(12);
      front.writeUInt32LE(frame.length);
      front.writeUInt32LE((timestamp - first.timestamp) >>> 0, 4);
      return [front, frame];
    });
    return Buffer.concat([header, ...frames]);
  }
}

/** A packet of sound is a frame. */
function wholePackets(take) {
  return ({ header, payload }) => payload.length > 0 && take(payload, header.timestamp, false);
}

/** Packets of one timestamp, up to the marker, are a frame. If one is missing, the frame is lost. */
function vp8Frames(take) {
  let packets = [];
  return (packet) => {
    const { timestamp, marker } = packet.header;
    if (packet.payload.length === 0) return;
    if (packets[0]?.header.timestamp !== timestamp) packets = [];
    packets.push(packet);
    if (!marker) return;
    packets.sort((a, b) => ((a.header.sequenceNumber - b.header.sequenceNumber) << 16) >> 16);
    const { data, isKeyframe } = dePacketizeRtpPackets("vp8", packets);
    packets = [];
    if (data) take(data, timestamp, isKeyframe);
  };
}

function sendWhole(out) {
  const next = numbers();
  return (frame, timestamp) => out.writeRtp(packet(next(), timestamp, true, frame));
}

function sendVp8(out) {
  const next = numbers();
  return (frame, timestamp) => {
    for (let at = 0; at < frame.length; at += MTU) {
      const payload = Buffer.from([at === 0 ? FIRST : NEXT, ...frame.subarray(at, at + MTU)]);
      out.writeRtp(packet(next(), timestamp, at + MTU >= frame.length, payload));
    }
  };
}

/** RTP sequence numbers. */
function numbers() {
  let last = 0;
  return () => (last = (last + 1) & 0xffff);
}

function packet(sequenceNumber, timestamp, marker, payload) {
  const header = new RtpHeader({ sequenceNumber, timestamp, marker, ssrc: 1, payloadType: 96 });
  return new RtpPacket(header, Buffer.from(payload));
}
