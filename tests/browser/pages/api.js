// Wrong arguments and wrong messages, from a page under the strict policy: scenarios for
// api.test.mjs.
import { sleep } from "/harness/sleep.js";
import { Sealframe } from "/dist/index.js";
import { thrown } from "./thrown.js";
import { bytes, each, said, workers } from "./traffic.js";

/** The argument that an error names in its text. */
const blamed = async (act) => {
  try {
    await act();
  } catch ({ message }) {
    return message.split(": ")[1];
  }
};

globalThis.scenarios = {
  /** What the browser has, without encoded transforms of the first kind, and without locks. */
  async support() {
    const { RTCRtpScriptTransform } = globalThis;
    const whole = Sealframe.support();
    delete globalThis.RTCRtpScriptTransform;
    const older = Sealframe.support();
    globalThis.RTCRtpScriptTransform = RTCRtpScriptTransform;
    Object.defineProperty(navigator, "locks", { value: undefined, configurable: true });
    const lockless = Sealframe.support();
    delete navigator.locks;
    return { whole, older, lockless, again: Sealframe.support() };
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
      "join: long key name": () =>
        sealframe.join("room", { as: "me", keys: { [long]: bytes(32) } }),
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
      "start: argon2Url": () => Sealframe.start({ argon2Url: 5 }),
      "start: mlsUrl": () => Sealframe.start({ mlsUrl: 5 }),
      "start: recovery": () => Sealframe.start({ name: "none", recovery: {} }),
      "start: empty password": () => Sealframe.start({ name: "none", recovery: { password: "" } }),
      "start: restore": () => Sealframe.start({ name: "none", restore: { password: "x" } }),
      "start: both": () =>
        Sealframe.start({
          name: "none",
          recovery: { password: "x" },
          restore: { password: "x", file: bytes(200) },
        }),
      "join: group": () => sealframe.join("room", { group: "tls" }),
      "join: group and keys": () =>
        sealframe.join("room", { group: "mls", keys: { a: bytes(32) } }),
      "join: suite": () => sealframe.join("room", { group: "mls", suite: "p521" }),
      "join: suite without group": () => sealframe.join("room", { suite: "p256" }),
      "join: broadcast": () => sealframe.join("room", { group: "mls", broadcast: "random" }),
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
    const ended = await each({
      join: () => sealframe.join("room"),
      close: () => sealframe.close(),
    });
    return { results, names, unchanged, good, closed, ended };
  },

  /**
   * Buffers that were transferred, or cannot be copied. Each is refused, and the worker stays
   * healthy.
   */
  async detached() {
    const sealframe = await Sealframe.start({ name: "detached" });
    const worker = workers.at(-1);
    const call = await sealframe.join("room");
    const events = [];
    for (const type of ["restarted", "error"])
      call.addEventListener(type, ({ code }) => events.push(code));
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
      // Only the browser finds these, when it copies them.
      "cannot be copied": () => {
        worker.postMessage = () => structuredClone(() => {});
        const stats = call.stats();
        delete worker.postMessage;
        return stats;
      },
    });
    await sleep(6_000); // by then a worker without a pulse would be replaced
    const after = await thrown(() => call.stats());
    await sealframe.logOut();
    return { results, events: events.filter((code) => code !== "call-closed"), after };
  },

  /**
   * Messages that a page could send to the worker without the API. Each is refused, and the call
   * continues.
   */
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
    for (const noise of [
      undefined,
      null,
      5,
      "text",
      [],
      {},
      { id: "x" },
      { id: 1.5, type: "stats" },
    ])
      worker.postMessage(noise);
    const results = {
      "no type": await send({}),
      "unknown type": await send({ type: "steal" }),
      "inherited name": await send({ type: "constructor" }),
      "private name": await send({ type: "attach", call: 1 }),
      "no call": await send({ type: "stats" }),
      "wrong call": await send({ type: "stats", call: 99 }),
      "call as text": await send({ type: "stats", call: "1" }),
      "keys no list": await send({ type: "keys", call: 1, senders: "me", keys: bytes(32) }),
      "more keys than names": await send({
        type: "keys",
        call: 1,
        senders: ["me"],
        keys: [bytes(32), bytes(32)],
      }),
      "key too long": await send({ type: "keys", call: 1, senders: ["me"], keys: [bytes(99)] }),
      "joined twice": await send({
        type: "join",
        call: 1,
        callId: "room",
        as: "me",
        exchange: false,
      }),
    };
    const { streams } = await call.stats();
    await sealframe.close();
    return { results, alive: Array.isArray(streams) };
  },
};

globalThis.ready = true;
