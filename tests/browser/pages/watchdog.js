// A sender leaks, by any means that the browser has, and the watchdog stops it: scenarios for
// watchdog.test.mjs.
import { camera, LAYERS, WIDE } from "/harness/page/media.js";
import { Sealframe } from "/dist/index.js";
import { alarms, drained, encodings } from "./alarms.js";
import {
  ask,
  connect,
  finish,
  FIREFOX,
  key,
  keyed,
  listen,
  sleep,
  Tap,
  tap,
  until,
} from "./pair.js";

const native = Object.getOwnPropertyDescriptor(RTCRtpSender.prototype, "transform");
const { createEncodedStreams } = RTCRtpSender.prototype;

/** Makes the browser let frames bypass late transforms, and hides whether they do. */
function blindfold() {
  if (FIREFOX) return () => {};
  delete RTCRtpSender.prototype.createEncodedStreams;
  return () => (RTCRtpSender.prototype.createEncodedStreams = createEncodedStreams);
}

globalThis.scenarios = {
  /** A real leak. The far side has no keys and counts the plaintext that arrives. */
  async leak(kind) {
    const restore = blindfold();
    const call = await keyed();
    const heard = alarms(call);
    tap.tell("reset");
    const pair = await connect({
      flag: FIREFOX,
      wire: FIREFOX ? "same-task" : "next-task",
      call,
      label: "leaky",
    });
    restore();
    if (FIREFOX) {
      await sleep(1000);
      tap.tell("reset");
      pair.senders
        .filter(({ track }) => track.kind === kind)
        .forEach((sender) => native.set.call(sender, null));
    }
    const began = performance.now();
    // In Chromium the whole connection leaks, in Firefox one sender.
    const leaks = FIREFOX ? 1 : pair.senders.length;
    await until(() => heard.filter(({ type }) => type === "leak-stopped").length >= leaks);
    await drained();
    const census = await ask("census");
    const after = await listen(1500);
    const state = (await call.stats()).streams.map(({ kind, state, code }) => ({
      kind,
      state,
      code,
    }));
    const tracks = pair.senders.map(({ track }) => track === null);
    await finish(pair, call);
    return {
      errors: pair.errors,
      heard: heard.map((one) => ({ ...one, at: one.at - began })),
      census,
      after,
      state,
      tracks,
    };
  },

  /**
   * Three layers are padded without a key, go on and off, and then one of them bypasses the worker.
   */
  async layers() {
    const layerTap = new Tap("layers");
    const own = await Sealframe.start({
      workerUrl: layerTap.workerUrl,
      device: false,
    });
    const call = await keyed(own);
    const heard = alarms(call);
    const { sender, end } = await simulcast(call);
    const rows = async () =>
      [...(await sender.getStats()).values()].filter(({ type }) => type === "outbound-rtp");
    const packets = async (ssrc) =>
      (await rows())
        .filter((row) => !ssrc || row.ssrc === ssrc)
        .reduce((sum, { packetsSent }) => sum + packetsSent, 0);
    await until(
      async () =>
        (await rows()).filter(({ framesEncoded }) => framesEncoded > 20).length === LAYERS.length,
    );
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
    layerTap.tell("leak", { ssrc });
    const began = performance.now();
    await until(() => barks().length > 0);
    const milliseconds = performance.now() - began;
    const leaked = (await packets(ssrc)) - start;
    await sleep(1000);
    const stopped = await packets(ssrc);
    await sleep(1000);
    const after = (await packets(ssrc)) - stopped;
    const { state, code } = (await call.stats()).streams[0];
    const result = {
      layers: layers.length,
      calm,
      padding,
      leaked,
      after,
      milliseconds,
      barks: barks().length,
      gone: sender.track === null,
      state,
      code,
    };
    end();
    await call.close();
    await own.close();
    return result;
  },

  /**
   * A tone plays while seal() is called, and its buffer is empty. With `deaf` its event never
   * comes, so only its bytes can show it.
   */
  async tone(deaf) {
    const call = await keyed();
    const heard = alarms(call);
    const pair = await connect({ wire: "never", call });
    const [audio] = pair.senders;
    await until(() => audio.dtmf.canInsertDTMF);
    if (deaf)
      audio.dtmf.addEventListener("tonechange", (event) => event.stopImmediatePropagation());
    RTCDTMFSender.prototype.insertDTMF.call(audio.dtmf, deaf ? "7" : "5", 3000, 50);
    await until(() => audio.dtmf.toneBuffer === "");
    tap.tell("reset");
    pair.wire();
    const began = performance.now();
    const stops = () => heard.filter(({ type }) => type === "leak-stopped");
    await until(() => stops().length > 0, 10_000);
    const milliseconds = performance.now() - began;
    await drained();
    const { plaintext } = await ask("census");
    const after = await listen(1500);
    const result = {
      errors: pair.errors,
      stops: stops().map(({ kind, code }) => `${kind} ${code}`),
      milliseconds,
      plaintext,
      after: after.plaintext,
    };
    await finish(pair, call);
    return result;
  },
};

/** A sender of three layers, and a receiver that knows of one and accepts all. */
async function simulcast(call) {
  const [a, b] = [new RTCPeerConnection(call.configuration()), new RTCPeerConnection()];
  a.onicecandidate = ({ candidate }) => b.addIceCandidate(candidate);
  b.onicecandidate = ({ candidate }) => a.addIceCandidate(candidate);
  const track = camera(WIDE);
  const { sender } = a.addTransceiver(track, { direction: "sendonly", sendEncodings: LAYERS });
  call.seal(sender, { track: "layers" });
  await a.setLocalDescription();
  const offer = a.localDescription.sdp;
  await b.setRemoteDescription({
    type: "offer",
    sdp: offer.replace(/a=(simulcast|rid):.*\r\n/g, ""),
  });
  await b.setLocalDescription();
  const rids = LAYERS.map(({ rid }) => rid);
  const lines = [
    ...rids.map((rid) => `a=rid:${rid} recv`),
    `a=simulcast:recv ${rids.join(";")}`,
    "",
  ];
  await a.setRemoteDescription({
    type: "answer",
    sdp: b.localDescription.sdp + lines.join("\r\n"),
  });
  const end = () => (a.close(), b.close(), track.stop());
  return { sender, end };
}

globalThis.ready = true;
