// A call with a bot, which sends back what it opens: scenarios for bot.test.mjs.
import { camera, microphone, render } from "/harness/page/media.js";
import { sleep } from "/harness/sleep.js";
import { Sealframe } from "/dist/index.js";

const TONE = 500;
/** The bot's frames that are sent before the browser has its key cannot open. */
const BEFORE_KEY = ["unknown-key"];
/** At most this many milliseconds until enough frames came. */
const PATIENCE_MS = 30_000;
/** Milliseconds between two looks at the picture. */
const LOOK_MS = 100;

let call;
let pc;
const sent = [];
const shown = {};

globalThis.scenarios = {
  /** Starts a device and puts the bot on its roster. @returns the page's bundle */
  async start({ id, bytes }) {
    const sealframe = await Sealframe.start();
    call = await sealframe.join("room-42");
    call.addEventListener("message", ({ bytes }) => sent.push([...bytes]));
    await call.setMembers([{ id, bytes: Uint8Array.from(bytes) }]);
    pc = new RTCPeerConnection(call.configuration());
    for (const track of [microphone(TONE), camera({ width: 320, height: 240 })])
      call.seal(pc.addTrack(track, new MediaStream()), { track: track.kind });
    pc.ontrack = ({ receiver, track }) => {
      call.open(receiver, { from: id, track: track.kind });
      shown[track.kind] = render(track, TONE);
    };
    return { id: sealframe.bundle.id, bytes: [...sealframe.bundle.bytes] };
  },

  outbox: () => sent.splice(0),

  receive: (bytes) => call.receive(Uint8Array.from(bytes)),

  /** An offer with all its candidates. */
  async offer() {
    await pc.setLocalDescription(await pc.createOffer());
    while (pc.iceGatheringState !== "complete") await sleep(20);
    return pc.localDescription.sdp;
  },

  accept: (sdp) => pc.setRemoteDescription({ type: "answer", sdp }),

  /** Decodes a recording of the bot. @returns its length, and the tone in its last second */
  async play(bytes) {
    const context = new AudioContext();
    const sound = await context.decodeAudioData(Uint8Array.from(bytes).buffer);
    await context.close();
    const samples = sound.getChannelData(0).slice(-sound.sampleRate);
    const rises = samples.filter((sample, at) => at > 0 && samples[at - 1] < 0 && sample >= 0);
    return { seconds: sound.duration, hertz: rises.length };
  },

  /** Waits for frames of the bot. @returns what opened, and how often the picture was right */
  async watch() {
    const result = { audio: 0, video: 0, picture: 0, tone: false, wrong: [] };
    const enough = () =>
      result.audio > 100 && result.video > 60 && result.picture > 10 && result.tone;
    for (
      const end = Date.now() + PATIENCE_MS;
      Date.now() < end && !enough();
      await sleep(LOOK_MS)
    ) {
      const { streams } = await call.stats();
      for (const { kind, direction, frames, dropped } of streams) {
        if (direction !== "open") continue;
        result[kind] = frames;
        result.wrong = Object.keys(dropped).filter((code) => !BEFORE_KEY.includes(code));
      }
      result.picture += shown.video?.ok() ? 1 : 0;
      result.tone ||= shown.audio?.ok() ?? false;
    }
    return result;
  },
};

globalThis.ready = true;
