// A sender leaks, by whatever means there is, and the watchdog stops it; or it does not leak, and
// the watchdog keeps still: scenarios for watchdog.test.mjs.
import { LAYERS, WIDE, camera } from "/call/media.js";
import { Sealframe } from "/dist/index.js";
import { FIREFOX, ask, connect, far, finish, key, keyed, listen, negotiate, sleep, tap, until, workers } from "./pair.js";

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
    await until(() => heard.filter(({ type }) => type === "leak-stopped").length >= leaks);
    await drained();
    const census = await ask("census");
    const after = await listen(1500);
    const state = (await call.stats()).streams.map(({ kind, state, code }) => ({ kind, state, code }));
    const tracks = pair.senders.map(({ track }) => track === null);
    await finish(pair, call);
    return { errors: pair.errors, heard: heard.map((one) => ({ ...one, at: one.at - began })), census, after, state, tracks };
  },

  /** Three layers: padded while there is no key, on and off, and then one of them goes past the worker. */
  async layers() {
    const own = await Sealframe.start({ workerUrl: "/call/tap-worker.js?tap=layers", device: false });
    const call = await keyed(own);
    const heard = alarms(call);
    const { sender, end } = await simulcast(call);
    const rows = async () => [...(await sender.getStats()).values()].filter(({ type }) => type === "outbound-rtp");
    const packets = async (ssrc) => (await rows()).filter((row) => !ssrc || row.ssrc === ssrc).reduce((sum, { packetsSent }) => sum + packetsSent, 0);
    await until(async () => (await rows()).filter(({ framesEncoded }) => framesEncoded > 20).length === LAYERS.length);
    const before = await packets();
    await call.setKeys({ far: key(2) });
    await sleep(4000);
    await until(async () => (await packets()) - before > 20);
    const padding = (await packets()) - before;
    await call.setKeys({ near: key(7), far: key(2) });
    for (const active of [[2], [0, 1, 2], [1], [0, 2], [0, 1, 2]]) {
      await encodings(sender, (i) => active.includes(i));
      await sleep(1000);
    }
    const barks = () => heard.filter(({ type }) => type === "leak-stopped");
    const [calm, layers] = [barks().length, await rows()];
    const { ssrc } = layers.find(({ rid }) => rid === LAYERS[1].rid);
    const start = await packets(ssrc);
    new BroadcastChannel("layers").postMessage({ ask: "leak", ssrc });
    const began = performance.now();
    await until(() => barks().length > 0);
    const milliseconds = performance.now() - began;
    const leaked = (await packets(ssrc)) - start;
    await sleep(1000);
    const stopped = await packets(ssrc);
    await sleep(1000);
    const after = (await packets(ssrc)) - stopped;
    const { state, code } = (await call.stats()).streams[0];
    const result = { layers: layers.length, calm, padding, leaked, after, milliseconds, barks: barks().length, gone: sender.track === null, state, code };
    end();
    await call.close();
    await own.close();
    return result;
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
    call.seal(layers.sender, { track: "layers" });
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

  /** The first transforms go to a worker that is not ours, as if ours had not been told of them. */
  async lost() {
    const { RTCRtpScriptTransform: Native } = globalThis;
    const other = await Sealframe.start({ device: false });
    const deaf = workers.at(-1);
    let count = 0;
    globalThis.RTCRtpScriptTransform = function (worker, options) {
      return new Native(++count <= 2 ? deaf : worker, options);
    };
    const own = await Sealframe.start({ device: false });
    const call = await keyed(own);
    tap.postMessage({ ask: "reset" });
    const pair = await connect({ wire: "same-task", call });
    const streams = async () => (await call.stats()).streams;
    const began = performance.now();
    await until(async () => (await streams()).filter(({ frames }) => frames > 20).length === 2);
    const result = { milliseconds: performance.now() - began, count, census: await ask("census"), sealed: (await streams()).length };
    await finish(pair, call);
    await own.close();
    await other.close();
    globalThis.RTCRtpScriptTransform = Native;
    return result;
  },

  /** Its peer closes the connection, another takes its place, and then the worker ends. */
  async peer() {
    const own = await Sealframe.start({ device: false });
    const worker = workers.at(-1);
    const call = await keyed(own);
    const pair = await connect({ wire: "same-task", call });
    const [, { transport }] = pair.senders;
    pair.b.close();
    await until(() => transport.state === "closed");
    await sleep(1000);
    const watch = await far.join("matrix", { as: "far" });
    pair.b = new RTCPeerConnection(watch.configuration());
    pair.b.ontrack = ({ receiver }) => watch.open(receiver, { from: "near" });
    pair.b.onicecandidate = ({ candidate }) => pair.a.addIceCandidate(candidate);
    pair.a.restartIce();
    await negotiate(pair);
    await sleep(1000);
    const before = await listen(1000, { enough: 21 });
    const again = new Promise((done) => call.addEventListener("restarted", done, { once: true }));
    worker.terminate();
    await again;
    await call.setKeys({ near: key(3), far: key(2) });
    await sleep(500);
    const after = await listen(2000, { enough: 21 });
    const streams = (await call.stats()).streams.length;
    await finish(pair, call, watch);
    await own.close();
    return { before, after, streams };
  },

  /** Hundreds who come and go; one of whom comes back. */
  async departed() {
    const own = await Sealframe.start({ device: false });
    const call = await keyed(own);
    const other = await own.join("matrix", { as: "far", keys: { near: key(1), far: key(2) } });
    const frames = async () => (await other.stats()).streams.filter(({ track }) => track === "again").map(({ frames }) => frames);
    const flows = (more) => until(async () => (await frames()).length === 2 && (await frames()).every((count) => count > more));
    const first = await connect({ wire: "same-task", call, watch: other, label: "again" });
    await flows(10);
    await finish(first);
    await sleep(600);
    const before = await frames();
    const second = await connect({ wire: "same-task", call, watch: other, label: "again" });
    const at = await frames();
    await flows(Math.max(...before));
    const after = await frames();
    for (let i = 0; i < 150; i++) {
      const pc = new RTCPeerConnection();
      other.open(pc.addTransceiver("video").receiver, { from: `guest ${i}` });
      call.seal(second.senders[1], { track: `label ${i}` });
      pc.close();
    }
    const count = async (call) => (await call.stats()).streams.length;
    const opened = async () => (await other.stats()).streams.filter(({ sender }) => sender === "guest 149").length;
    await until(async () => (await opened()) === 1 && (await count(other)) <= 66);
    const result = { before, at, after, opening: await count(other), sealing: await count(call), last: await opened() };
    await finish(second, call, other);
    await own.close();
    return result;
  },

  /**
   * A tone plays when the sender is sealed: it is in no buffer. `deaf`: the page's event of it never comes,
   * so that the bytes alone tell.
   */
  async tone(deaf) {
    const call = await keyed();
    const heard = alarms(call);
    const pair = await connect({ wire: "never", call });
    const [audio] = pair.senders;
    await until(() => audio.dtmf.canInsertDTMF);
    if (deaf) audio.dtmf.addEventListener("tonechange", (event) => event.stopImmediatePropagation());
    RTCDTMFSender.prototype.insertDTMF.call(audio.dtmf, deaf ? "7" : "5", 3000, 50);
    await until(() => audio.dtmf.toneBuffer === "");
    tap.postMessage({ ask: "reset" });
    pair.wire();
    const began = performance.now();
    const stops = () => heard.filter(({ type }) => type === "leak-stopped");
    await until(() => stops().length > 0, 10_000);
    const milliseconds = performance.now() - began;
    await drained();
    const { plaintext } = await ask("census");
    const after = await listen(1500);
    const result = { errors: pair.errors, stops: stops().map(({ kind, code }) => `${kind} ${code}`), milliseconds, plaintext, after: after.plaintext };
    await finish(pair, call);
    return result;
  },

  /** Calls that begin, each with a few seconds of sound and pictures. */
  async starts(count) {
    const result = { alarms: 0, plaintext: 0, sealed: [] };
    for (let i = 0; i < count; i++) {
      const call = await keyed();
      const heard = alarms(call);
      tap.postMessage({ ask: "reset" });
      const pair = await connect({ wire: "same-task", call });
      await sleep(2500);
      const { plaintext, sealed } = await ask("census");
      result.alarms += heard.filter(({ type }) => type === "leak-stopped").length;
      result.plaintext += plaintext;
      result.sealed.push(sealed);
      await finish(pair, call);
    }
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

/** Again where the worker has a key frame made meanwhile: Chromium refuses one of two at a time. */
async function encodings(sender, active, tries = 5) {
  const parameters = sender.getParameters();
  parameters.encodings.forEach((encoding, i) => (encoding.active = typeof active === "function" ? active(i) : active));
  await sender.setParameters(parameters).catch((error) => (tries > 0 ? encodings(sender, active, tries - 1) : Promise.reject(error)));
}

/** A sender of three layers, and a receiver that is told of one, and takes what comes. */
async function simulcast(call) {
  const [a, b] = [new RTCPeerConnection(call.configuration()), new RTCPeerConnection()];
  a.onicecandidate = ({ candidate }) => b.addIceCandidate(candidate);
  b.onicecandidate = ({ candidate }) => a.addIceCandidate(candidate);
  const track = camera(WIDE);
  const { sender } = a.addTransceiver(track, { direction: "sendonly", sendEncodings: LAYERS });
  call.seal(sender, { track: "layers" });
  await a.setLocalDescription();
  const offer = a.localDescription.sdp;
  await b.setRemoteDescription({ type: "offer", sdp: offer.replace(/a=(simulcast|rid):.*\r\n/g, "") });
  await b.setLocalDescription();
  const rids = LAYERS.map(({ rid }) => rid);
  const lines = [...rids.map((rid) => `a=rid:${rid} recv`), `a=simulcast:recv ${rids.join(";")}`, ""];
  await a.setRemoteDescription({ type: "answer", sdp: b.localDescription.sdp + lines.join("\r\n") });
  const end = () => (a.close(), b.close(), track.stop());
  return { sender, end };
}
globalThis.ready = true;
