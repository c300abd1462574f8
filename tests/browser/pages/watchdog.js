// A sender leaks, by whatever means there is, and the watchdog stops it; or it does not leak, and
// the watchdog keeps still: scenarios for watchdog.test.mjs.
import { LAYERS, WIDE, camera } from "/call/media.js";
import { Sealframe } from "/dist/index.js";
import { FIREFOX, ask, connect, finish, key, keyed, listen, negotiate, sleep, tap, until, workers } from "./pair.js";

const native = Object.getOwnPropertyDescriptor(RTCRtpSender.prototype, "transform");
const { createEncodedStreams } = RTCRtpSender.prototype;

/** A browser whose connections let late transforms be bypassed, and which cannot be asked whether they were. */
function blindfold() {
  if (FIREFOX) return () => {};
  delete RTCRtpSender.prototype.createEncodedStreams;
  return () => (RTCRtpSender.prototype.createEncodedStreams = createEncodedStreams);
}

function alarms(call) {
  const heard = [];
  for (const type of ["leak-stopped", "state"]) {
    call.addEventListener(type, ({ code, kind, sender, track, state, rtpSender }) =>
      heard.push({ type, code, kind, sender, track, state, real: rtpSender instanceof RTCRtpSender, at: performance.now() }),
    );
  }
  return heard;
}

/** Until nothing more reaches the far side for a moment: what had left may still be on its way. */
async function drained() {
  const plaintext = async () => (await ask("census")).plaintext;
  for (let before = -1, now = await plaintext(); now > before; now = await plaintext()) {
    before = now;
    await sleep(500);
  }
}

globalThis.scenarios = {
  /** The far side of a call without keys sees frames pass as they are: those of a real leak are plaintext. */
  async leak(kind) {
    const restore = blindfold();
    const call = await keyed();
    const heard = alarms(call);
    tap.postMessage({ ask: "reset" });
    const pair = await connect({ flag: FIREFOX, wire: FIREFOX ? "same-task" : "next-task", call, label: "leaky" });
    restore();
    if (FIREFOX) {
      await sleep(1000);
      tap.postMessage({ ask: "reset" });
      pair.senders.filter(({ track }) => track.kind === kind).forEach((sender) => native.set.call(sender, null));
    }
    const began = performance.now();
    // Chromium's leak is one of the connection, Firefox's of one sender.
    const leaks = FIREFOX ? 1 : pair.senders.length;
    await until(() => heard.filter(({ type }) => type === "leak-stopped").length >= leaks, 10_000);
    await drained();
    const census = await ask("census");
    const after = await listen(1500);
    const state = (await call.stats()).streams.map(({ kind, state, code }) => ({ kind, state, code }));
    const tracks = pair.senders.map(({ track }) => track === null);
    await finish(pair, call);
    return { errors: pair.errors, heard: heard.map((one) => ({ ...one, at: one.at - began })), census, after, state, tracks };
  },

  /** What a call goes through that is no leak. */
  async calm(seconds) {
    const own = await Sealframe.start({ device: false });
    const worker = workers.at(-1);
    const call = await keyed(own);
    const heard = alarms(call);
    tap.postMessage({ ask: "reset" });
    const pair = await connect({ wire: "same-task", call });
    const [audio, video] = pair.senders;
    const tracks = pair.senders.map(({ track }) => track);
    const layers = pair.a.addTransceiver(camera(WIDE), { sendEncodings: LAYERS.map(({ rid, scaleResolutionDownBy }) => ({ rid, scaleResolutionDownBy })) });
    call.seal(layers.sender);
    await negotiate(pair);
    const keys = (near) => call.setKeys({ ...(near && { near: key(near) }), far: key(2) });
    const doings = {
      muted: () => pair.senders.forEach(({ track }) => track && (track.enabled = false)),
      unmuted: () => pair.senders.forEach(({ track }) => track && (track.enabled = true)),
      "no track": () => Promise.all(pair.senders.map((sender) => sender.replaceTrack(null))),
      "tracks again": () => Promise.all(pair.senders.map((sender, i) => sender.replaceTrack(tracks[i]))),
      "one frame a second": () => video.replaceTrack(slides()),
      "camera again": () => video.replaceTrack(tracks[1]),
      rekey: () => keys(7),
      "rekey often": async () => { for (let i = 10; i < 16; i++) await keys(i); },
      "no key": () => keys(),
      "a key again": () => keys(20),
      inactive: () => encodings(video, false),
      active: () => encodings(video, true),
      "offered again": () => negotiate(pair),
      "no layers": () => layers.sender.replaceTrack(null),
      "page busy": () => { for (const end = performance.now() + 1500; performance.now() < end; ); },
      "page busy, then muted": () => (doings["page busy"](), doings.muted()),
      "unmuted again": () => doings.unmuted(),
      "another worker": () => {
        const again = new Promise((done) => call.addEventListener("restarted", done, { once: true }));
        worker.terminate();
        return again;
      },
      "its key": () => keys(21),
    };
    const done = [];
    for (const [what, act] of Object.entries(doings)) {
      await act();
      await sleep((seconds * 1000) / Object.keys(doings).length);
      done.push([what, audio.track?.readyState, heard.filter(({ type }) => type === "leak-stopped").length]);
    }
    const census = await ask("census");
    const result = { done, census, alarms: heard.filter(({ type }) => type === "leak-stopped"), streams: (await call.stats()).streams };
    layers.sender.track?.stop();
    await finish(pair, call);
    await own.close();
    return result;
  },

  /** What the watchdog costs a page: milliseconds of one look at one sender. */
  async cost() {
    const call = await keyed();
    const pair = await connect({ wire: "same-task", call });
    const times = [];
    for (let i = 0; i < 20; i++) {
      await sleep(100);
      const start = performance.now();
      await pair.senders[1].getStats();
      times.push(performance.now() - start);
    }
    await finish(pair, call);
    return times.sort((a, b) => a - b)[10];
  },
};

/** A screen that shows another slide every second. */
function slides() {
  const canvas = Object.assign(document.createElement("canvas"), { width: 640, height: 360 });
  const context = canvas.getContext("2d");
  const track = canvas.captureStream().getVideoTracks()[0];
  let n = 0;
  const timer = setInterval(() => {
    context.fillStyle = `hsl(${n++ * 50} 80% 50%)`;
    context.fillRect(0, 0, 640, 360);
    if (n > 20) clearInterval(timer);
  }, 1000);
  return track;
}

async function encodings(sender, active) {
  const parameters = sender.getParameters();
  parameters.encodings.forEach((encoding) => (encoding.active = active));
  await sender.setParameters(parameters);
}
globalThis.ready = true;
