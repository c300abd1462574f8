/**
 * Frames of the size and shape that encoders make. Their content is random, because it does not
 * matter to a cipher.
 */

/** What is measured: a frame's codec and its bytes. */
export const ROWS = [
  { codec: "opus", bytes: 120 },
  { codec: "vp8", bytes: 1_200 },
  { codec: "vp8", bytes: 5_000 },
  { codec: "vp8", bytes: 8_000 },
  { codec: "vp8", bytes: 12_000 },
  { codec: "vp8", bytes: 60_000 },
  { codec: "vp8", bytes: 200_000 },
  { codec: "h264", bytes: 8_000 },
  { codec: "h264", bytes: 64_000 },
];

export const DIRECTIONS = ["seal", "open"];

/** Larger video frames are key frames, because few encoders make delta frames of that size. */
const KEY_FRAME = 50_000;

const MIME = { opus: "audio/opus", vp8: "video/VP8", h264: "video/H264" };
const PAYLOAD_TYPE = { opus: 111, vp8: 96, h264: 102 };
const CLOCK = { opus: 960, vp8: 3_000, h264: 3_000 };

const START = [0, 0, 0, 1];
const HEADS = {
  opus: { delta: [0x78] },
  vp8: {
    delta: [0x31, 0x02, 0x00],
    key: [0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x00, 0x05, 0xd0, 0x02],
  },
  h264: {
    // A slice header: first_mb_in_slice 0, slice_type 5 (P), pps_id 0.
    delta: [...START, 0x41, 0x9a, 0x24],
    // SPS, PPS, and a slice header with slice_type 7 (I).
    key: [
      ...[
        ...START,
        0x67,
        0x42,
        0xc0,
        0x1f,
        0x8c,
        0x8d,
        0x40,
        0x50,
        0x1e,
        0xd0,
        0x0f,
        0x12,
        0x26,
        0xa0,
      ],
      ...[...START, 0x68, 0xce, 0x3c, 0x80],
      ...[...START, 0x65, 0x88, 0x84],
    ],
  },
};

/** The public fields of RTCEncodedVideoFrame and RTCEncodedAudioFrame. */
class Frame {
  constructor(data, timestamp, metadata) {
    this.data = data;
    this.timestamp = timestamp;
    this.metadata = metadata;
  }

  getMetadata() {
    return this.metadata;
  }
}

/** Audio frames have no type, in any browser. */
class VideoFrame extends Frame {
  constructor(data, timestamp, metadata, type) {
    super(data, timestamp, metadata);
    this.type = type;
  }
}

export function isVideo(codec) {
  return codec !== "opus";
}

export function typeOf({ codec, bytes }) {
  return isVideo(codec) && bytes >= KEY_FRAME ? "key" : "delta";
}

/** The output of an encoder, as bytes. */
export function encode(row, type = typeOf(row)) {
  const bytes = new Uint8Array(row.bytes);
  for (let at = 0; at < bytes.length; at += 65_536) {
    crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  }
  bytes.set(HEADS[row.codec][type]);
  if (row.codec === "h264") breakStartCodes(bytes, HEADS.h264[type].length);
  return bytes.buffer;
}

/** The `index`th frame of a track. Frames may share `data`, but need objects of their own. */
export function frame({ codec, ssrc = 4711 }, type, data, index) {
  const metadata = {
    synchronizationSource: ssrc,
    payloadType: PAYLOAD_TYPE[codec],
    mimeType: MIME[codec],
    contributingSources: [],
    rtpTimestamp: index * CLOCK[codec],
  };
  const { rtpTimestamp } = metadata;
  return isVideo(codec)
    ? new VideoFrame(data, rtpTimestamp, metadata, type)
    : new Frame(data, rtpTimestamp, metadata);
}

/** Escapes the output as an encoder does: no 00 00 is followed by 00..03 after the headers. */
function breakStartCodes(bytes, from) {
  for (let at = from; at < bytes.length; at++) {
    if (bytes[at] <= 3 && bytes[at - 1] === 0 && bytes[at - 2] === 0) bytes[at] = 0x80;
  }
  if (bytes.at(-1) === 0) bytes[bytes.length - 1] = 0x80;
}
