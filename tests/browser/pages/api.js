// The public API from a page under the strict policy: wrong arguments, secrets, life and death.
import { camera, microphone, render } from "/call/media.js";
import { sleep } from "/call/sleep.js";
import { Sealframe } from "/dist/index.js";
import { thrown } from "./thrown.js";

/** Everything that crosses between page and worker. */
const said = [];
const workers = [];
globalThis.Worker = class extends Worker {
  constructor(...args) {
    super(...args);
    workers.push(this);
    this.addEventListener("message", ({ data }) => said.push({ by: "worker", data }));
  }
  postMessage(data, transfer) {
    // Copied before it is given away.
    said.push({ by: "page", data: structuredClone(data) });
    super.postMessage(data, transfer);
  }
};
globalThis.RTCRtpScriptTransform = class extends RTCRtpScriptTransform {
  constructor(worker, options, ...rest) {
    said.push({ by: "transform", data: structuredClone(options) });
    super(worker, options, ...rest);
  }
};

const bytes = (length, fill = 7) => new Uint8Array(length).fill(fill);

async function each(cases, what = thrown) {
  const results = {};
  for (const [name, act] of Object.entries(cases)) results[name] = await what(act);
  return results;
}

/** Which argument an error is about, by its text. */
const blamed = async (act) => {
  try {
    await act();
  } catch ({ message }) {
    return message.split(": ")[1];
  }
};

globalThis.scenarios = {
  async "bogus member"() {
    const sealframes = await Promise.all(["bogus 1", "bogus 2"].map((name) => Sealframe.start({ name })));
    const [own, other] = sealframes;
    const call = await own.join("room");
    const bundle = Uint8Array.from([4, 1, 4, ...bytes(64)]);
    const short = async (...parts) => {
      const all = Uint8Array.from(parts.flatMap((part) => [...part]));
      return new Uint8Array(await crypto.subtle.digest("SHA-256", all)).subarray(0, 16);
    };
    const id = await short(bundle);
    const bogus = [...id].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    const served = [];
    const sent = new Promise((resolve) => call.addEventListener("message", ({ to, bytes }) => (served.push(to), resolve(bytes))));
    const refused = new Promise((resolve) =>
      call.addEventListener("error", ({ from, code }) => resolve([from, code]), { once: true }),
    );
    await call.setMembers([bundle, other.bundle]);
    // What the other announces, in that device's name: a classic one, of keys that fit.
    const theirs = await other.join("room");
    const announced = new Promise((resolve) => theirs.addEventListener("message", ({ bytes }) => resolve(bytes)));
    await theirs.setMembers([own.bundle]);
    const [message, label] = [(await announced).slice(0, 187 + 65 + 64), new TextEncoder().encode("sealframe/2 incarnation")];
    message.set([1], 2);
    message.set(id, 19);
    message.set(await short(label, message.subarray(3, 19), id, [1], message.subarray(171, 187 + 65)), 51);
    await call.receive(message);
    await sent;
    const result = { bogus, refused: await refused, served, others: [other.bundle.id] };
    for (const sealframe of sealframes) await sealframe.logOut();
    return result;
  },

  async "wrong arguments"() {
    const sealframe = await Sealframe.start({ device: true, name: "arguments" });
    const call = await sealframe.join("room");
    const pc = new RTCPeerConnection(call.configuration());
    const { sender, receiver } = pc.addTransceiver("video");
    const before = JSON.stringify(await call.stats());
    const long = "x".repeat(300);
    const cases = {
      "start: null": () => Sealframe.start(null),
      "start: number": () => Sealframe.start(5),
      "start: device": () => Sealframe.start({ device: "yes" }),
      "start: name": () => Sealframe.start({ name: 7 }),
      "start: long name": () => Sealframe.start({ name: long }),
      "start: workerUrl": () => Sealframe.start({ workerUrl: 1 }),
      "start: workerUrl no URL": () => Sealframe.start({ workerUrl: "http://:bad" }),
      "start: wasmUrl": () => Sealframe.start({ wasmUrl: {} }),
      "start: integrity": () => Sealframe.start({ integrity: 1 }),
      "start: policy": () => Sealframe.start({ trustedTypesPolicy: {} }),
      "join: nothing": () => sealframe.join(),
      "join: number": () => sealframe.join(5),
      "join: empty": () => sealframe.join(""),
      "join: long": () => sealframe.join(long),
      "join: lone surrogate": () => sealframe.join("\ud800"),
      "join: options": () => sealframe.join("room", 5),
      "join: as": () => sealframe.join("room", { as: 5 }),
      "join: empty as": () => sealframe.join("room", { as: "" }),
      "join: as, with the device's keys": () => sealframe.join("room", { as: "alice" }),
      "join: keys": () => sealframe.join("room", { keys: 5 }),
      "join: keys array": () => sealframe.join("room", { keys: [bytes(32)] }),
      "join: short key": () => sealframe.join("room", { keys: { a: bytes(15) } }),
      "join: long key": () => sealframe.join("room", { keys: { a: bytes(65) } }),
      "join: key is text": () => sealframe.join("room", { keys: { a: "secret secret secret" } }),
      "join: key without name": () => sealframe.join("room", { keys: { "": bytes(32) } }),
      "configuration: null": () => call.configuration(null),
      "configuration: text": () => call.configuration("x"),
      "seal: nothing": () => call.seal(),
      "seal: receiver": () => call.seal(receiver),
      "seal: lookalike": () => call.seal({ track: null, replaceTrack() {} }),
      "seal: options null": () => call.seal(sender, null),
      "seal: options": () => call.seal(sender, "camera"),
      "seal: track": () => call.seal(sender, { track: 5 }),
      "seal: long track": () => call.seal(sender, { track: long }),
      "seal: codec": () => call.seal(sender, { codec: 8 }),
      "seal: empty codec": () => call.seal(sender, { codec: "" }),
      "seal: codec no type": () => call.seal(sender, { codec: "VP8" }),
      "seal: codec of sound": () => call.seal(sender, { codec: "audio/opus" }),
      "seal: long codec": () => call.seal(sender, { codec: `video/${long}` }),
      "seal: NUL in track": () => call.seal(sender, { track: "a\0b" }),
      "open: NUL in from": () => call.open(receiver, { from: "a\0b" }),
      "open: line break in track": () => call.open(receiver, { from: "a", track: "a\n" }),
      "open: codec": () => call.open(receiver, { from: "a", codec: null }),
      "open: nothing": () => call.open(),
      "open: sender": () => call.open(sender, { from: "a" }),
      "open: no options": () => call.open(receiver),
      "open: no from": () => call.open(receiver, {}),
      "open: from": () => call.open(receiver, { from: 5 }),
      "open: empty from": () => call.open(receiver, { from: "" }),
      "open: long from": () => call.open(receiver, { from: long }),
      "open: track": () => call.open(receiver, { from: "a", track: null }),
      "setMembers: nothing": () => call.setMembers(),
      "setMembers: text": () => call.setMembers("all"),
      "setMembers: null inside": () => call.setMembers([null]),
      "setMembers: numbers": () => call.setMembers([1, 2]),
      "setMembers: empty bundle": () => call.setMembers([bytes(0)]),
      "setMembers: no bundle": () => call.setMembers([bytes(131)]),
      "setMembers: too many": () => call.setMembers(Array(1025).fill(sealframe.bundle)),
      "setMembers: id": () => call.setMembers([{ id: 5, bytes: sealframe.bundle.bytes }]),
      "forgetDevice: name": () => sealframe.forgetDevice(5, sealframe.bundle.id),
      "forgetDevice: id": () => sealframe.forgetDevice("bob", 5),
      "setKeys: long name": () => call.setKeys({ [long]: bytes(32) }),
      "join: long key name": () => sealframe.join("room", { as: "me", keys: { [long]: bytes(32) } }),
      "setKeys: nothing": () => call.setKeys(),
      "setKeys: number": () => call.setKeys({ a: 5 }),
      "setKeys: short": () => call.setKeys({ a: bytes(5) }),
      "setKeys: one of two": () => call.setKeys({ a: bytes(32), b: bytes(1) }),
      "receive: nothing": () => call.receive(),
      "receive: text": () => call.receive("hello"),
      "receive: empty": () => call.receive(bytes(0)),
      "receive: too long": () => call.receive(bytes(70_000)),
      "receive: from": () => call.receive(bytes(10), 5),
      "start: postQuantum": () => Sealframe.start({ postQuantum: "no" }),
      "start: legacy": () => Sealframe.start({ legacy: true }),
      "start: vaultUrl": () => Sealframe.start({ vaultUrl: 5 }),
      "start: recovery": () => Sealframe.start({ name: "none", recovery: {} }),
      "start: empty password": () => Sealframe.start({ name: "none", recovery: { password: "" } }),
      "start: restore": () => Sealframe.start({ name: "none", restore: { password: "x" } }),
      "start: both": () => Sealframe.start({ name: "none", recovery: { password: "x" }, restore: { password: "x", file: bytes(200) } }),
      "join: passphrase": () => sealframe.join("room", { passphrase: 5 }),
      "join: empty passphrase": () => sealframe.join("room", { passphrase: "" }),
      "setMembers: devices": () => call.setMembers([{ name: "x", devices: 5 }]),
      "setMembers: no name": () => call.setMembers([{ devices: [] }]),
      "setMembers: bad device": () => call.setMembers([{ name: "x", devices: ["y"] }]),
      "sealData: nothing": () => call.sealData(),
      "sealData: to": () => call.sealData(bytes(1), { to: 5 }),
      "openData: nothing": () => call.openData(),
      "openData: from": () => call.openData(bytes(50)),
      "safetyNumber: nothing": () => sealframe.safetyNumber(),
    };
    const [results, names] = [await each(cases), await each(cases, blamed)];
    const unchanged = before === JSON.stringify(await call.stats());
    const good = await each({
      seal: () => call.seal(sender, { track: "x" }),
      open: () => call.open(receiver, { from: "a" }),
      members: () => call.setMembers([]),
      receive: () => call.receive(bytes(10)),
    });
    await call.close();
    const closed = await each({
      seal: () => call.seal(pc.addTransceiver("audio").sender),
      stats: () => call.stats(),
      keys: () => call.setKeys({ a: bytes(32) }),
      rotate: () => call.rotate(),
      close: () => call.close(),
    });
    pc.close();
    await sealframe.close();
    const ended = await each({ join: () => sealframe.join("room"), close: () => sealframe.close() });
    return { results, names, unchanged, good, closed, ended };
  },

  /** Buffers that were given away, or cannot be: refused each, and the worker is none the worse for it. */
  async detached() {
    const sealframe = await Sealframe.start({ name: "detached" });
    const worker = workers.at(-1);
    const call = await sealframe.join("room");
    const events = [];
    for (const type of ["restarted", "error"]) call.addEventListener(type, ({ code }) => events.push(code));
    const gone = (length = 4) => {
      const buffer = bytes(length);
      structuredClone(buffer, { transfer: [buffer.buffer] });
      return buffer;
    };
    const results = await each({
      sealData: () => call.sealData(gone()),
      "sealData: of no length": () => call.sealData(gone(0)),
      openData: () => call.openData(gone(), "a"),
      receive: () => call.receive(gone()),
      setKeys: () => call.setKeys({ a: gone(32) }),
      setMembers: () => call.setMembers([gone(131)]),
      safetyNumber: () => sealframe.safetyNumber(gone(131)),
      restore: () => Sealframe.start({ name: "none", restore: { file: gone(200), password: "x" } }),
      // Nothing in messages.js knows of these; the browser does, when it is to copy them.
      "cannot be copied": () => {
        worker.postMessage = () => structuredClone(() => {});
        const stats = call.stats();
        delete worker.postMessage;
        return stats;
      },
    });
    await sleep(6_000); // a worker without a pulse for so long is thought to hang
    const after = await thrown(() => call.stats());
    await sealframe.logOut();
    return { results, events: events.filter((code) => code !== "call-closed"), after };
  },

  /** What a page could send the worker if it went around the API: refused, and the call goes on. */
  async "wrong messages"() {
    const sealframe = await Sealframe.start({ device: false });
    const call = await sealframe.join("room", { as: "me", keys: { me: bytes(32) } });
    const worker = workers.at(-1);
    const send = (message) => {
      const id = 1e6 + said.length;
      const reply = new Promise((done) => {
        const hear = ({ data }) => data.id === id && done(data.error ?? "nothing");
        worker.addEventListener("message", hear);
      });
      worker.postMessage({ ...message, id });
      return reply;
    };
    for (const noise of [undefined, null, 5, "text", [], {}, { id: "x" }, { id: 1.5, type: "stats" }]) worker.postMessage(noise);
    const results = {
      "no type": await send({}),
      "unknown type": await send({ type: "steal" }),
      "inherited name": await send({ type: "constructor" }),
      "private name": await send({ type: "attach", call: 1 }),
      "no call": await send({ type: "stats" }),
      "wrong call": await send({ type: "stats", call: 99 }),
      "call as text": await send({ type: "stats", call: "1" }),
      "keys no list": await send({ type: "keys", call: 1, senders: "me", keys: bytes(32) }),
      "more keys than names": await send({ type: "keys", call: 1, senders: ["me"], keys: [bytes(32), bytes(32)] }),
      "key too long": await send({ type: "keys", call: 1, senders: ["me"], keys: [bytes(99)] }),
      "joined twice": await send({ type: "join", call: 1, callId: "room", as: "me", exchange: false }),
    };
    const { streams } = await call.stats();
    await sealframe.close();
    return { results, alive: Array.isArray(streams) };
  },

  async "failed starts"() {
    const results = await each({
      "no worker": () => Sealframe.start({ workerUrl: "/nowhere.js" }),
      "no wasm": () => Sealframe.start({ wasmUrl: "/nowhere.wasm", device: false }),
      "not wasm": () => Sealframe.start({ wasmUrl: "/dist/index.js", device: false }),
      "wrong hash": () => Sealframe.start({ integrity: `sha384-${"A".repeat(64)}`, device: false }),
      "foreign worker": () => Sealframe.start({ workerUrl: "https://example.org/worker.js", device: false }),
    });
    const again = await Sealframe.start({ device: false });
    await again.close();
    return results;
  },

  /** Without locks: a device cannot be had, all else can, and a worker's end is seen by its silence. */
  async lockless() {
    const workerUrl = "/tests/pages/lockless-worker.js";
    const device = await thrown(() => Sealframe.start({ name: "lockless", workerUrl }));
    const start = performance.now();
    const sealframe = await Sealframe.start({ device: false, workerUrl });
    const worker = workers.at(-1);
    const milliseconds = performance.now() - start;
    const call = await sealframe.join("room", { as: "me", keys: { me: bytes(32) } });
    const events = [];
    for (const type of ["restarted", "error"]) call.addEventListener(type, ({ code }) => events.push(code));
    await sleep(500);
    const early = events.length;
    worker.terminate();
    for (let i = 0; i < 600 && events.length === 0; i++) await sleep(100);
    await sealframe.close();
    return { device, milliseconds, early, events };
  },

  async integrity() {
    const wasm = await (await fetch("/dist/core.wasm")).arrayBuffer();
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-384", wasm));
    const sealframe = await Sealframe.start({ integrity: `sha384-${btoa(String.fromCharCode(...hash))}`, device: false });
    await sealframe.close();
    return "started";
  },

  /** The same device after a restart, another one by another name, a new one after log-out. */
  async devices() {
    const open = async (name) => {
      const sealframe = await Sealframe.start({ name });
      const { bundle } = sealframe;
      return { sealframe, id: bundle.id, bytes: bundle.bytes, frozen: Object.isFrozen(bundle) };
    };
    const first = await open("one");
    await first.sealframe.close();
    const again = await open("one");
    const other = await open("two");
    await again.sealframe.logOut();
    const fresh = await open("one");
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", first.bytes)).subarray(0, 16);
    await Promise.all([other, fresh].map(({ sealframe }) => sealframe.logOut()));
    return {
      ids: [first, again, other, fresh].map(({ id }) => id),
      hash: Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join(""),
      frozen: first.frozen,
      length: first.bytes.length,
      left: (await indexedDB.databases()).map(({ name }) => name),
    };
  },

  /** A whole call with a known key, a rekey, refusals and a crash of arguments: all that was said. */
  async secrets(secret) {
    const key = Uint8Array.from(secret);
    const sealframe = await Sealframe.start({ device: false });
    const options = (as) => ({ as, keys: { near: key.slice(), far: key.slice() } });
    const [near, far] = [await sealframe.join("secrets", options("near")), await sealframe.join("secrets", options("far"))];
    const heard = [];
    for (const call of [near, far]) {
      for (const type of ["state", "error", "message", "restarted"]) call.addEventListener(type, (event) => heard.push(fields(event)));
    }
    const [a, b] = [new RTCPeerConnection(near.configuration()), new RTCPeerConnection(far.configuration())];
    a.onicecandidate = ({ candidate }) => b.addIceCandidate(candidate);
    b.onicecandidate = ({ candidate }) => a.addIceCandidate(candidate);
    let screen;
    b.ontrack = ({ receiver, track }) => {
      far.open(receiver, { from: "near" });
      const shown = render(track, 500);
      if (track.kind === "video") screen = shown;
    };
    const tracks = [microphone(500), camera()];
    for (const track of tracks) near.seal(a.addTrack(track));
    await a.setLocalDescription();
    await b.setRemoteDescription(a.localDescription);
    await b.setLocalDescription();
    await a.setRemoteDescription(b.localDescription);
    for (let i = 0; i < 800 && !screen?.ok(); i++) await sleep(50);
    const picture = screen?.ok();
    const errors = [];
    const note = (error) => errors.push({ text: String(error), stack: error.stack, ...error });
    await far.setKeys({ near: key.slice(0, 15), far: key }).catch(note);
    await far.setKeys({ near: key.map((byte) => byte ^ 1), far: key.slice() }).catch(note);
    await far.receive(key).catch(note);
    await far.setMembers([key]).catch(note);
    await sleep(600);
    const stats = [await near.stats(), await far.stats()];
    a.close();
    b.close();
    tracks.forEach((track) => track.stop());
    await sealframe.close();
    const findings = search(key, { said: said.filter(keyless), heard, errors, stats });
    return { picture, findings, control: search(key, { said }).length > 0, count: said.length + heard.length };
  },
};

/** The one message that must hold keys is the one in which the application hands them in. */
function keyless({ by, data }) {
  return !(by === "page" && (["keys", "members", "receive"].includes(data?.type)));
}

function fields(event) {
  return Object.fromEntries(Object.keys(event).map((name) => [name, event[name]]));
}

/** Where the secret occurs in any of these: raw, in hex, in base64, as numbers. */
function search(secret, places) {
  const hex = Array.from(secret, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const base64 = [0, 1, 2].map((skip) => btoa(String.fromCharCode(...secret.subarray(skip, skip + 24))));
  const needles = [hex.slice(0, 32), ...base64, secret.subarray(0, 16).join(), String.fromCharCode(...secret.subarray(0, 16))];
  const found = [];
  for (const [place, things] of Object.entries(places)) {
    const text = flatten(things);
    needles.forEach((needle, i) => (text.toLowerCase().includes(needle.toLowerCase()) ? found.push(`${place}: needle ${i}`) : 0));
  }
  return found;
}

function flatten(value) {
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer).join();
  if (value instanceof ArrayBuffer) return new Uint8Array(value).join();
  if (value !== null && typeof value === "object") {
    return Reflect.ownKeys(value).map((name) => `${String(name)} ${flatten(value[name])}`).join("\n");
  }
  return String(value);
}

globalThis.ready = true;
