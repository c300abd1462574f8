// A made-up camera and microphone, and checks that the picture and tone that come out are those
// that went in.

/** Quadrants of the picture: red, green, blue, yellow. */
const COLOURS = [
  [220, 30, 30],
  [30, 200, 30],
  [30, 30, 220],
  [220, 220, 30],
];
const SIZE = { width: 640, height: 480 };
const FRAMES_PER_SECOND = 25;

/** The smallest size from which Chromium makes three layers. */
export const WIDE = { width: 960, height: 540 };
/** The layers of a simulcast. */
export const LAYERS = [
  { rid: "h", maxBitrate: 700_000 },
  { rid: "m", scaleResolutionDownBy: 2, maxBitrate: 250_000 },
  { rid: "l", scaleResolutionDownBy: 4, maxBitrate: 100_000 },
];

/** A camera: four coloured quadrants and something that moves. @returns {MediaStreamTrack} */
export function camera(size = SIZE) {
  const canvas = Object.assign(document.createElement("canvas"), size);
  const context = canvas.getContext("2d");
  let tick = 0;
  const draw = () => {
    const { width, height } = size;
    COLOURS.forEach(([r, g, b], i) => {
      context.fillStyle = `rgb(${r} ${g} ${b})`;
      context.fillRect((i % 2) * (width / 2), (i >> 1) * (height / 2), width / 2, height / 2);
    });
    context.fillStyle = "white";
    const angle = tick++ / 10;
    for (let i = 0; i < 12; i++) {
      const x = width / 2 + Math.cos(angle + i) * 60;
      context.fillRect(x, height / 2 + Math.sin(angle * 1.3 + i) * 60, 12, 12);
    }
  };
  draw();
  const [track] = canvas.captureStream(FRAMES_PER_SECOND).getVideoTracks();
  const timer = setInterval(
    () => (track.readyState === "ended" ? clearInterval(timer) : draw()),
    1000 / FRAMES_PER_SECOND,
  );
  return track;
}

/** A microphone that hears one tone. @returns {MediaStreamTrack} */
export function microphone(hertz) {
  const context = audio();
  const tone = new OscillatorNode(context, { frequency: hertz });
  const volume = new GainNode(context, { gain: 0.4 });
  const out = new MediaStreamAudioDestinationNode(context);
  tone.connect(volume).connect(out);
  tone.start();
  return out.stream.getAudioTracks()[0];
}

/** Codecs that others need: RTX repairs lost packets, and RED carries Opus. */
const NEEDED = /rtx|opus/i;

/**
 * Puts a codec first. Firefox leaves stale lines in its offer if codecs are removed, so in Firefox
 * they are only reordered.
 */
export function prefer(transceiver, codec) {
  const { kind } = transceiver.receiver.track;
  const { codecs } = RTCRtpReceiver.getCapabilities(kind);
  const wanted = codecs.filter(({ mimeType }) => mimeType.toLowerCase() === `${kind}/${codec}`);
  if (wanted.length === 0) throw new Error(`this browser has no ${codec}`);
  const others = codecs.filter((one) => !wanted.includes(one));
  const firefox = navigator.userAgent.includes("Firefox");
  transceiver.setCodecPreferences([
    ...wanted,
    ...others.filter(({ mimeType }) => firefox || NEEDED.test(mimeType)),
  ]);
}

/** Keeps the size of the picture. Otherwise a busy machine shrinks it and sends fewer layers. */
export async function keepSize(sender) {
  await sender.setParameters({
    ...sender.getParameters(),
    degradationPreference: "maintain-resolution",
  });
}

/**
 * Plays a received track in `element`. `ok()` reports whether it shows our picture or plays our
 * tone.
 */
export function render(track, hertz) {
  const element = document.createElement(track.kind);
  Object.assign(element, { autoplay: true, muted: true, playsInline: true });
  element.srcObject = new MediaStream([track]);
  element.play().catch(() => {});
  document.body.append(element);
  return { element, ok: track.kind === "video" ? screen(element) : ear(track, hertz) };
}

function screen(video) {
  const { width, height } = { width: 64, height: 48 };
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  return () => {
    if (!video.videoWidth) return false;
    context.drawImage(video, 0, 0, width, height);
    return COLOURS.every((colour, i) => {
      const [x, y] = [(i % 2) * (width - 9) + 4, (i >> 1) * (height - 9) + 4];
      const seen = context.getImageData(x, y, 1, 1).data;
      return colour.every((value, channel) => Math.abs(value - seen[channel]) < 70);
    });
  };
}

function ear(track, hertz) {
  const context = audio();
  const analyser = new AnalyserNode(context, { fftSize: 4096, smoothingTimeConstant: 0 });
  new MediaStreamAudioSourceNode(context, { mediaStream: new MediaStream([track]) }).connect(
    analyser,
  );
  const levels = new Float32Array(analyser.frequencyBinCount);
  return () => {
    analyser.getFloatFrequencyData(levels);
    const loudest = levels.indexOf(Math.max(...levels));
    const heard = (loudest * context.sampleRate) / analyser.fftSize;
    return levels[loudest] > -60 && Math.abs(heard - hertz) < 30;
  };
}

let shared;
/** The page has one audio context, because browsers allow few. */
function audio() {
  shared ??= new AudioContext();
  shared.resume();
  return shared;
}
