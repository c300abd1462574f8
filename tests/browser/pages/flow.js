// Whether sealed frames reach the receiver under the right codec: scenarios for flow.test.mjs.
import { camera, microphone } from "/harness/page/media.js";
import { Sealframe } from "/dist/index.js";
import { KEYS, Line, same } from "./line.js";
import { ask, sleep, tap, until, workers } from "./pair.js";

const withoutMode = (sdp) => sdp.replace(/packetization-mode=\d;?/g, "");

const loud = (sdp) =>
  sdp.replace(/(a=fmtp:\d+ minptime.*)/g, "$1;stereo=1;maxaveragebitrate=510000");

/** A codec that the browser sends and receives, but does not list. */
const unlisted = (rtpmap, fmtp) => (sdp) => {
  const lines = `a=rtpmap:127 ${rtpmap}\r\n${fmtp ? `a=fmtp:127 ${fmtp}\r\n` : ""}`;
  return sdp.replace(/(m=audio \d+ \S+)/, "$1 127").replace("a=rtpmap:", `${lines}a=rtpmap:`);
};

const SURROUND =
  "channel_mapping=0,4,1,2,3,5;coupled_streams=2;minptime=10;num_streams=4;useinbandfec=1";

const SOUND = {
  "RED at 510 kbit/s": { wants: ["red", "opus"], offer: loud, answer: loud },
  RED: { wants: ["red", "opus"] },
  multiopus: { local: unlisted("multiopus/48000/6", SURROUND) },
  L16: { local: unlisted("L16/48000") },
  G722: { wants: ["g722"] },
  PCMU: { wants: ["pcmu"] },
  PCMA: { wants: ["pcma"] },
};

let lines = [];
const all = (act) => Promise.all(lines.map(act));

const encodings = (change) =>
  all(async ({ sender }) => {
    const parameters = sender.getParameters();
    parameters.encodings.forEach(change);
    await sender.setParameters(parameters);
  });

const direction = (value) =>
  all((line) => {
    line.transceiver.direction = value;
    return line.negotiate();
  });

const DOINGS = {
  nothing: () => {},
  muted: () => all(({ track }) => (track.enabled = false)),
  unmuted: () => all(({ track }) => (track.enabled = true)),
  "no track": () => all(({ sender }) => sender.replaceTrack(null)),
  "track again": () => all(({ sender, track }) => sender.replaceTrack(track)),
  paused: () => encodings((encoding) => (encoding.active = false)),
  "not paused": () => encodings((encoding) => (encoding.active = true)),
  "hardly any bandwidth": () => encodings((encoding) => (encoding.maxBitrate = 8000)),
  "bandwidth again": () => encodings((encoding) => (encoding.maxBitrate = 1_000_000)),
  inactive: () => direction("inactive"),
  "active again": () => direction("sendonly"),
  "ICE restarted": () => all((line) => (line.a.restartIce(), line.negotiate())),
  "page busy": () => {
    for (const end = performance.now() + 3000; performance.now() < end; );
  },
  "the other side gone": () => all(({ b }) => b.close()),
};

globalThis.scenarios = {
  capabilities: () => {
    const of = [RTCRtpSender, RTCRtpReceiver].flatMap((side) =>
      ["audio", "video"].flatMap((kind) => side.getCapabilities(kind).codecs),
    );
    return [...new Set(of.map(({ mimeType }) => mimeType))];
  },

  heard,

  single,

  /** Comfort noise replaces silence. */
  async silence() {
    tap.tell("reset");
    const line = await new Line({ track: microphone(500), wants: ["pcmu", "cn"] }).negotiate();
    const more = async (than) => (await line.opened()) > than;
    await until(() => more(50), 20_000);
    line.track.enabled = false;
    await until(async () => (await ask("census")).codecs["open audio"].includes("cn"), 20_000);
    const quiet = await line.opened();
    await until(() => more(quiet + 20), 20_000);
    line.track.enabled = true;
    const loud = await line.opened();
    await until(() => more(loud + 100), 20_000);
    const result = { ...(await line.result()), codecs: (await ask("census")).codecs["open audio"] };
    line.end();
    return result;
  },

  /**
   * Opus arrives under a payload type that means samples at the far side, as if a server had
   * rewritten it.
   */
  async renamed() {
    tap.tell("reset");
    const line = new Line({ track: microphone(500), wants: ["opus", "g722"] });
    const [, type] = /a=rtpmap:(\d+) opus/.exec((await line.a.createOffer()).sdp);
    const opus = (sdp) =>
      sdp.replace(`a=rtpmap:${type} L16/48000`, `a=rtpmap:${type} opus/48000/2`);
    const samples = (sdp) =>
      sdp
        .replace(`a=rtpmap:${type} opus/48000/2`, `a=rtpmap:${type} L16/48000`)
        .replace(new RegExp(`a=fmtp:${type} .*\r\n`), "");
    const added = (sdp) =>
      sdp
        .replace(/(m=audio \d+ \S+)/, `$1 ${type}`)
        .replace("a=rtpmap:", `a=rtpmap:${type} L16/48000\r\na=rtpmap:`);
    Object.assign(line, {
      offer: samples,
      answer: opus,
      local: (sdp) => (/opus/.test(sdp) ? sdp : added(sdp)),
    });
    await line.negotiate();
    await until(
      async () => (await line.streams()).far?.dropped["authentication-failed"] > 50,
      20_000,
    );
    const result = {
      ...(await line.result()),
      codecs: (await ask("census")).codecs["open audio"],
      sounds: line.played.ok(),
    };
    line.end();
    return result;
  },

  /** A renegotiation changes the number and meaning of payload types. */
  async renumbered() {
    const line = new Line({ track: microphone(500), wants: ["opus"] });
    await line.negotiate();
    await until(async () => (await line.opened()) > 50, 20_000);
    const [, type] = /a=rtpmap:(\d+) opus/.exec(line.a.localDescription.sdp);
    line.local = (sdp) =>
      sdp
        .replace(new RegExp(`(a=\\w+[:-]\\w*:?)${type} `, "g"), "$196 ")
        .replace(/(m=audio .*) \d+/, "$1 96");
    await line.negotiate();
    const before = await line.opened();
    await until(async () => (await line.opened()) > before + 100, 20_000);
    const result = {
      ...(await line.result()),
      before,
      types: line.sender.getParameters().codecs.map(({ payloadType }) => payloadType),
    };
    line.end();
    return result;
  },

  /** The page reports the meaning of a payload type only after a while. */
  async unanswered() {
    const own = await Sealframe.start({ device: false });
    const worker = workers.at(-1);
    const kept = [];
    worker.postMessage = (message, ...rest) => {
      if (message.type === "codecs" && kept) return kept.push(message);
      Worker.prototype.postMessage.call(worker, message, ...rest);
    };
    const call = await own.join("flow", { as: "near", keys: KEYS });
    tap.tell("reset");
    const line = await new Line({ track: microphone(500), call }).negotiate();
    await until(
      async () => (await line.streams()).near?.dropped["unknown-payload-type"] > 100,
      20_000,
    );
    const before = { ...(await line.result()), asked: kept.length };
    delete worker.postMessage;
    await until(async () => (await line.opened()) > 50, 20_000);
    const after = await line.result();
    line.end();
    await own.close();
    return { before, after };
  },

  /**
   * H.264 in single NAL unit mode that getStats() does not reveal, as an example of an unknown
   * cause.
   */
  async stalled() {
    const line = new Line({ track: camera(), wants: ["h264", "rtx"], offer: withoutMode });
    line.sender.getStats = async () => {
      const report = await RTCRtpSender.prototype.getStats.call(line.sender);
      return new Map([...report].map(([id, stats]) => [id, { ...stats, sdpFmtpLine: undefined }]));
    };
    await line.negotiate();
    await until(() => line.states.includes("seal failing not-sent"), 30_000);
    line.offer = same;
    await line.negotiate();
    const failed = line.states.length;
    await until(() => line.states.slice(failed).includes("seal sealed"), 30_000);
    const result = await line.result();
    line.end();
    return result;
  },

  /** A server sends one frame again and again, and then the right frames. */
  async stuck(kind) {
    const channel = new BroadcastChannel("stuck");
    const own = await Sealframe.start({ workerUrl: "/tests/pages/stuck-worker.js", device: false });
    const watch = await own.join("flow", { as: "far", keys: KEYS });
    const line = await new Line({
      track: kind === "audio" ? microphone(500) : camera(),
      watch,
    }).negotiate();
    await until(async () => (await line.opened()) > 30, 20_000);
    channel.postMessage({ stuck: true });
    await until(() => line.states.includes("open failing only-duplicates"), 30_000);
    const during = [...line.states];
    channel.postMessage({ stuck: false });
    await until(() => line.states.at(-1) === "open sealed", 20_000);
    const result = { ...(await line.result()), during };
    line.end();
    await own.close();
    return result;
  },

  /** Begins a call of sound and picture. @returns the names of what `calm` can do */
  async begin() {
    lines = [new Line({ track: microphone(500) }), new Line({ track: camera() })];
    for (const line of lines) await line.negotiate();
    return Object.keys(DOINGS);
  },

  /** Does something harmless and waits. @returns all states of both ends so far */
  async calm({ doing, seconds }) {
    await DOINGS[doing]();
    await sleep(seconds * 1000);
    return lines.map(({ states }) => states);
  },

  /** The last state of ICE. */
  finish() {
    const ice = lines.map(({ a }) => a.iceConnectionState);
    lines.forEach((line) => line.end());
    return ice;
  },
};

async function heard(codec) {
  tap.tell("reset");
  const line = await new Line({ track: microphone(500), ...SOUND[codec] }).negotiate();
  await until(async () => (await line.opened()) > 100, 20_000);
  await until(() => line.played.ok(), 10_000);
  const result = {
    ...(await line.result()),
    plays: line.played.ok(),
    codecs: (await ask("census")).codecs["open audio"],
  };
  line.end();
  return result;
}

/** H.264 whose descriptions lose the packetization mode on their way. */
async function single(on) {
  const line = new Line({
    track: camera(),
    wants: ["h264", "rtx"],
    ...Object.fromEntries(on.map((way) => [way, withoutMode])),
  });
  await line.negotiate();
  await until(async () => (await line.streams()).near?.code !== "", 20_000);
  await sleep(2500);
  const before = await line.result();
  [line.offer, line.answer] = [same, same];
  await line.negotiate();
  const negotiated = line.states.length;
  await until(
    async () =>
      (await line.streams()).near.state === "sealed" &&
      (await line.opened()) > before.far?.frames + 30,
    20_000,
  );
  // The watchdog compares sealed with sent bytes once in five seconds.
  await sleep(6000);
  const after = await line.result();
  line.end();
  return { before, after, plays: line.played.ok(), since: line.states.slice(negotiated) };
}

globalThis.ready = true;
