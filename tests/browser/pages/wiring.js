// Every way to wire a sender or receiver, each in a connection of its own: scenarios for
// wiring.test.mjs. The far side's tap judges what arrives under the label of the cell.
import { LAYERS, WIDE, camera, microphone } from "/call/media.js";
import { FIREFOX, ask, far, key, near, sleep, tap, withoutTransforms } from "./pair.js";

const KEYS = { near: key(1), far: key(2) };
const SMALL = { width: 160, height: 120 };
const media = [microphone(500), camera(SMALL)];
/** Milliseconds of media that a cell is judged by, and those in which frames are still on their way. */
const LISTEN = 700;
/** How many of these times a cell without frames waits for some. */
const PATIENCE = 60;
const FLIGHT = 500;

const farCall = await far.join("wiring", { as: "far", keys: KEYS });
const calls = { script: await near.join("wiring", { as: "near", keys: KEYS }) };
if (!FIREFOX) calls.streams = await (await withoutTransforms()).join("wiring", { as: "near", keys: KEYS });

/** Its objects are of classes that this page's `instanceof` does not know. */
const iframe = document.body.appendChild(document.createElement("iframe")).contentWindow;
let cells = 0;

/** Two connections, and what was thrown at the near one. */
class Cell {
  label = `cell ${++cells}`;
  errors = [];
  connections = [];
  tracks = media.map((track) => track.clone());

  constructor({ path, flag }) {
    this.call = calls[path];
    this.near = () => (flag ? this.call.configuration() : {});
    this.connect(new RTCPeerConnection(this.near()));
  }

  connect(a) {
    const b = new RTCPeerConnection(farCall.configuration());
    a.onicecandidate = ({ candidate }) => b.addIceCandidate(candidate);
    b.onicecandidate = ({ candidate }) => a.addIceCandidate(candidate);
    b.ontrack = ({ receiver }) => farCall.open(receiver, { from: "near", track: this.label });
    this.connections.push(a, b);
    Object.assign(this, { a, b });
  }

  /** Another connection in its place, of another realm. */
  enter(realm) {
    this.connections.splice(0).forEach((connection) => connection.close());
    this.connect(new realm.RTCPeerConnection(this.near()));
  }

  add() {
    return (this.senders = this.tracks.map((track) => this.a.addTrack(track, new MediaStream())));
  }

  seal(sender) {
    this.attempt(() => this.call.seal(sender, { track: this.label }));
  }

  open(receiver) {
    this.attempt(() => this.call.open(receiver, { from: "far", track: this.label }));
  }

  attempt(act) {
    try {
      act();
    } catch (error) {
      this.errors.push(error.code ?? `${error.name}: ${error.message}`);
    }
  }

  async negotiate(from = this.a, to = this.b, change = (sdp) => sdp) {
    await from.setLocalDescription();
    await to.setRemoteDescription({ type: "offer", sdp: change(from.localDescription.sdp) });
    await to.setLocalDescription();
    await from.setRemoteDescription(to.localDescription);
  }

  async connected() {
    for (let i = 0; i < 1600 && this.a.connectionState !== "connected"; i++) await sleep(25);
  }

  /** What it comes to, of all that has arrived or of what arrives from now on. */
  async outcome(fresh = false) {
    if (fresh) await sleep(FLIGHT);
    const before = fresh ? await this.seen() : { sealed: 0, plaintext: 0 };
    const seen = { sealed: 0, plaintext: 0 };
    for (let i = 0; i < PATIENCE && seen.sealed < 20; i++) {
      await sleep(LISTEN);
      const now = await this.seen();
      for (const kind of Object.keys(seen)) seen[kind] = now[kind] - before[kind];
      if (this.errors.length > 0) break;
    }
    if (seen.plaintext > 0) return `PLAINTEXT (${seen.plaintext})`;
    const codes = [...new Set(this.errors)].join(", ");
    return codes || (seen.sealed > 0 ? "sealed" : "silence");
  }

  seen() {
    return ask("track", tap, { track: this.label });
  }

  end() {
    this.connections.forEach((connection) => connection.close());
    this.tracks.forEach((track) => track.stop());
  }
}

/** When the near side seals, by what it is in the negotiation. */
const SEALING = {
  "offerer, same task": async (cell) => {
    cell.add().forEach((sender) => cell.seal(sender));
    await cell.negotiate();
    return cell.outcome();
  },
  "offerer, a task later": async (cell) => {
    cell.add();
    await sleep(20);
    cell.senders.forEach((sender) => cell.seal(sender));
    await cell.negotiate();
    return cell.outcome();
  },
  "offerer, in ontrack": async (cell) => {
    cell.add();
    cell.a.ontrack = ({ transceiver }) => cell.seal(transceiver.sender);
    await cell.a.setLocalDescription();
    await cell.b.setRemoteDescription(cell.a.localDescription);
    for (const transceiver of cell.b.getTransceivers()) transceiver.direction = "sendrecv";
    await cell.b.setLocalDescription();
    await cell.a.setRemoteDescription(cell.b.localDescription);
    return cell.outcome(true);
  },
  "offerer, once connected": async (cell) => {
    cell.add();
    await cell.negotiate();
    await cell.connected();
    cell.senders.forEach((sender) => cell.seal(sender));
    return cell.outcome(true);
  },
  "offerer of an iframe, same task": async (cell) => {
    cell.enter(iframe);
    cell.add().forEach((sender) => cell.seal(sender));
    await cell.negotiate();
    return cell.outcome();
  },
  "offerer of an iframe, once connected": async (cell) => {
    cell.enter(iframe);
    cell.add();
    await cell.negotiate();
    await cell.connected();
    cell.senders.forEach((sender) => cell.seal(sender));
    return cell.outcome(true);
  },
  "offerer, once connected, with tones that wait": async (cell) => {
    cell.add();
    await cell.negotiate();
    await cell.connected();
    cell.senders[0].dtmf.insertDTMF("123456789", 100, 50);
    cell.senders.forEach((sender) => cell.seal(sender));
    return cell.outcome(true);
  },
  "answerer, same task": async (cell) => {
    await offered(cell);
    cell.add().forEach((sender) => cell.seal(sender));
    await answer(cell);
    return cell.outcome();
  },
  "answerer, a task later": async (cell) => {
    await offered(cell);
    cell.add();
    await sleep(20);
    cell.senders.forEach((sender) => cell.seal(sender));
    await answer(cell);
    return cell.outcome();
  },
  "answerer, in ontrack": async (cell) => {
    cell.a.ontrack = ({ transceiver, track }) => {
      transceiver.direction = "sendrecv";
      transceiver.sender.replaceTrack(cell.tracks.find(({ kind }) => kind === track.kind));
      cell.seal(transceiver.sender);
    };
    await offered(cell, "sendrecv");
    await answer(cell);
    return cell.outcome();
  },
  "answerer, once connected": async (cell) => {
    await offered(cell);
    cell.add();
    await answer(cell);
    await cell.connected();
    cell.senders.forEach((sender) => cell.seal(sender));
    return cell.outcome(true);
  },
};

async function offered({ a, b }, direction = "recvonly") {
  for (const kind of ["audio", "video"]) b.addTransceiver(kind, { direction });
  await b.setLocalDescription();
  await a.setRemoteDescription(b.localDescription);
}

async function answer({ a, b }) {
  await a.setLocalDescription();
  await b.setRemoteDescription(a.localDescription);
}

/** When the near side opens what the far one seals. */
const OPENING = {
  "recvonly offerer, same task": async (cell) => {
    cell.receivers = ["audio", "video"].map((kind) => cell.a.addTransceiver(kind, { direction: "recvonly" }).receiver);
    cell.receivers.forEach((receiver) => cell.open(receiver));
    return answered(cell);
  },
  "recvonly offerer, in ontrack": async (cell) => {
    for (const kind of ["audio", "video"]) cell.a.addTransceiver(kind, { direction: "recvonly" });
    cell.a.ontrack = ({ receiver }) => cell.open(receiver);
    return answered(cell);
  },
  "recvonly offerer, once connected": async (cell) => {
    cell.receivers = ["audio", "video"].map((kind) => cell.a.addTransceiver(kind, { direction: "recvonly" }).receiver);
    return answered(cell, () => cell.receivers.forEach((receiver) => cell.open(receiver)));
  },
  "sendrecv offerer, in ontrack": async (cell) => {
    cell.add().forEach((sender) => cell.seal(sender));
    cell.a.ontrack = ({ receiver }) => cell.open(receiver);
    return answered(cell);
  },
  "recvonly answerer, in ontrack": async (cell) => {
    cell.a.ontrack = ({ receiver }) => cell.open(receiver);
    sendFar(cell);
    await cell.negotiate(cell.b, cell.a);
    return opened(cell);
  },
  "recvonly answerer of an iframe, in ontrack": async (cell) => {
    cell.enter(iframe);
    cell.a.ontrack = ({ receiver }) => cell.open(receiver);
    sendFar(cell);
    await cell.negotiate(cell.b, cell.a);
    return opened(cell);
  },
  "recvonly answerer, one track on two connections": async (cell) => {
    for (let i = 0; i < 2; i++) {
      if (i > 0) cell.connect(new RTCPeerConnection(cell.near()));
      cell.a.ontrack = ({ receiver }) => cell.open(receiver);
      sendFar(cell);
      await cell.negotiate(cell.b, cell.a);
    }
    return opened(cell, 4);
  },
  "recvonly answerer, once connected": async (cell) => {
    sendFar(cell);
    await cell.negotiate(cell.b, cell.a);
    await cell.connected();
    cell.a.getReceivers().forEach((receiver) => cell.open(receiver));
    return opened(cell);
  },
};

/** The far side answers with media of its own. */
async function answered(cell, later) {
  await cell.a.setLocalDescription();
  await cell.b.setRemoteDescription(cell.a.localDescription);
  for (const transceiver of cell.b.getTransceivers()) {
    farCall.seal(transceiver.sender, { track: cell.label });
    transceiver.direction = "sendrecv";
    await transceiver.sender.replaceTrack(cell.tracks.find(({ kind }) => kind === transceiver.receiver.track.kind));
  }
  await answer({ a: cell.b, b: cell.a });
  await cell.connected();
  later?.();
  return opened(cell);
}

function sendFar(cell) {
  const senders = cell.tracks.map((track) => cell.b.addTrack(track));
  senders.forEach((sender) => farCall.seal(sender, { track: cell.label }));
}

async function opened(cell, streams = 2) {
  const count = async () => {
    const { streams } = await cell.call.stats();
    return streams.filter(({ direction, track, frames }) => direction === "open" && track === cell.label && frames > 5).length;
  };
  for (let i = 0; i < PATIENCE && cell.errors.length === 0 && (await count()) < streams; i++) await sleep(LISTEN);
  const codes = [...new Set(cell.errors)].join(", ");
  return codes || ((await count()) === streams ? "opened" : "silence");
}

/** What happens to a sender after it was sealed in time. */
const CHANGES = {
  "track replaced": (cell) => each(cell.senders, (sender) => sender.replaceTrack(fresh(cell, sender.track))),
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
    const codec = RTCRtpSender.getCapabilities("video").codecs.find(({ mimeType }) => /vp9/i.test(mimeType));
    parameters.encodings.forEach((encoding) => (encoding.codec = codec));
    await cell.senders[1].setParameters(parameters);
  },
  "another codec by a new offer": async (cell) => {
    const { codecs } = RTCRtpReceiver.getCapabilities("video");
    const first = codecs.filter(({ mimeType }) => /vp9/i.test(mimeType));
    cell.a.getTransceivers()[1].setCodecPreferences([...first, ...codecs.filter((codec) => !first.includes(codec))]);
    await cell.negotiate();
  },
  "H.264 with packetization-mode 0": async (cell) => {
    const h264 = RTCRtpReceiver.getCapabilities("video").codecs.filter(({ mimeType }) => /h264/i.test(mimeType));
    if (h264.length === 0) return cell.errors.push("no H.264");
    cell.a.getTransceivers()[1].setCodecPreferences(h264);
    await cell.negotiate(cell.a, cell.b, (sdp) => sdp.replace(/packetization-mode=\d;?/g, ""));
    const video = async () => (await cell.call.stats()).streams.find(({ kind, track }) => kind === "video" && track === cell.label);
    for (let i = 0; i < 40 && (await video()).state === "sealed"; i++) await sleep(100);
    const { code } = await video();
    if (code) cell.errors.push(code);
  },
  "simulcast added": async (cell) => {
    const track = camera(WIDE);
    cell.tracks.push(track);
    const sendEncodings = LAYERS.map(({ rid, scaleResolutionDownBy = 1 }) => ({ rid, scaleResolutionDownBy }));
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

const each = (list, act) => Promise.all(list.map(act));

function fresh(cell, track) {
  const copy = media.find(({ kind }) => kind === track.kind).clone();
  cell.tracks.push(copy);
  return copy;
}

/** A change must leave no plaintext from beginning to end, and go on sealed. */
async function changed(cell, act) {
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

const GROUPS = {
  sealing: Object.entries(SEALING),
  opening: Object.entries(OPENING),
  changes: Object.entries(CHANGES).map(([name, act]) => [name, (cell) => changed(cell, act)]),
};
const WAYS = Object.keys(calls).flatMap((path) => [true, false].map((flag) => ({ path, flag })));

globalThis.scenarios = {
  /** Rows of a group: the way, and what it comes to by script or streams, with the flag or without. */
  async rows(group) {
    const rows = [];
    for (const [name, run] of GROUPS[group]) rows.push([name, ...(await Promise.all(WAYS.map((way) => one(way, run))))]);
    return rows;
  },
  ways: () => WAYS,
};

async function one(way, run) {
  const cell = new Cell(way);
  try {
    return await run(cell);
  } catch (error) {
    return `broken: ${error.message}`;
  } finally {
    cell.end();
  }
}
globalThis.ready = true;
