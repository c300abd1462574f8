// Two connections in one page. The near one is protected, or wrongly so; the far one has no keys,
// and a tap that judges every frame that reaches it: it sees what a server would.
import { camera, microphone, render } from "/call/media.js";
import { Sealframe } from "/dist/index.js";

const sleep = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
const key = (byte) => new Uint8Array(32).fill(byte);
const media = [microphone(500), camera()];
const FIREFOX = navigator.userAgent.includes("Firefox");

/** Workers that the page has, so that a scenario can end one behind its owner's back. */
const workers = [];
globalThis.Worker = class extends Worker {
  constructor(...args) {
    super(...args);
    workers.push(this);
  }
};

const tap = new BroadcastChannel("matrix");
const far = await Sealframe.start({ workerUrl: "/call/tap-worker.js?tap=matrix", device: false });
const near = await Sealframe.start({ device: false });

let loss;

/**
 * A connection pair with both kinds of media.
 * @param {{ flag?: boolean, wire: "same-task" | "next-task" | "connected" | "never", call: Call, label?: string,
 *   seal?: (sender: RTCRtpSender) => void, watch?: Call, from?: string }} options
 */
async function connect({ flag = true, wire, call, label = "", seal, watch, from = "near" }) {
  const pair = { errors: [], senders: [], decoded: () => decoded(pair.b) };
  pair.a = new RTCPeerConnection(flag ? call.configuration() : {});
  pair.b = new RTCPeerConnection(call.configuration());
  pair.a.onicecandidate = ({ candidate }) => pair.b.addIceCandidate(candidate);
  pair.b.onicecandidate = ({ candidate }) => pair.a.addIceCandidate(candidate);
  const receiving = watch ?? (await far.join("matrix", { as: "far" }));
  pair.b.ontrack = ({ receiver, track }) => {
    receiving.open(receiver, { from, track: label });
    pair[track.kind] = render(track, 500);
  };
  pair.senders = media.map((track) => pair.a.addTrack(track.clone(), new MediaStream()));
  pair.wire = () => pair.senders.forEach((sender) => attempt(pair, () => (seal ? seal(sender) : call.seal(sender, { track: label }))));
  if (wire === "same-task") pair.wire();
  await sleep(20);
  if (wire === "next-task") pair.wire();
  await negotiate(pair);
  if (wire === "connected") {
    await sleep(600);
    pair.wire();
  }
  return pair;
}

function attempt(pair, act) {
  try {
    act();
    pair.errors.push("");
  } catch (error) {
    pair.errors.push(error.code ?? String(error));
  }
}

async function negotiate({ a, b }) {
  await a.setLocalDescription();
  await b.setRemoteDescription(a.localDescription);
  await b.setLocalDescription();
  await a.setRemoteDescription(b.localDescription);
  for (let i = 0; i < 200 && a.connectionState !== "connected"; i++) await sleep(25);
}

async function decoded(pc) {
  const reports = [...(await pc.getStats()).values()].filter(({ type }) => type === "inbound-rtp");
  return reports.find(({ kind }) => kind === "video")?.framesDecoded ?? 0;
}

function ask(question) {
  const id = crypto.randomUUID();
  return new Promise((done) => {
    const hear = ({ data }) => {
      if (data.answer !== id) return;
      tap.removeEventListener("message", hear);
      done(data.value);
    };
    tap.addEventListener("message", hear);
    tap.postMessage({ ask: question, id });
  });
}

/** What reaches the tap from now on, for so long. */
async function listen(milliseconds) {
  tap.postMessage({ ask: "reset" });
  await sleep(milliseconds);
  return ask("census");
}

async function finish(pair, ...calls) {
  pair.a.close();
  pair.b.close();
  pair.senders.forEach(({ track }) => track?.stop());
  for (const call of calls) await call.close();
}

/** A call with a key for both, unless there is to be none. */
const keyed = (sealframe = near) => sealframe.join("matrix", { as: "near", keys: { near: key(1), far: key(2) } });

const drops = ({ streams }) => Object.assign({}, ...streams.map(({ kind, dropped }) => ({ [kind]: dropped })));

/** The common course: wire, wait, count. */
async function simple(options, milliseconds = 900) {
  const call = options.call ?? (await keyed());
  tap.postMessage({ ask: "reset" });
  const pair = await connect({ ...options, call });
  await sleep(milliseconds);
  const result = { errors: pair.errors, tracks: pair.senders.map(({ track }) => track !== null) };
  result.dropped = drops(await call.stats().catch(() => ({ streams: [] })));
  result.decoded = await pair.decoded();
  result.census = await ask("census");
  await finish(pair, call);
  return result;
}

/** The same, with something done in mid-call; counts what arrives after it. */
async function midway(act, options = {}, milliseconds = 700) {
  const call = options.call ?? (await keyed());
  const pair = await connect({ wire: "same-task", ...options, call });
  const before = await listen(600);
  const result = { before, errors: pair.errors, ...(await act(pair, call)) };
  await sleep(400); // what was on its way
  result.census = await listen(milliseconds);
  result.decoded = await pair.decoded();
  await finish(pair, ...(options.leave ? [] : [call]));
  return result;
}

/** Two devices in a call, their key messages carried from one to the other. */
async function devices(options = {}) {
  const sides = [await Sealframe.start({ name: "near", ...options }), await Sealframe.start({ name: "far" })];
  const room = crypto.randomUUID();
  const calls = await Promise.all(sides.map((side) => side.join(room)));
  const events = [];
  calls.forEach((call, i) => {
    const other = calls[1 - i];
    call.addEventListener("message", ({ to, bytes }) => to === other.self && other.receive(bytes, call.self));
    for (const type of ["error", "restarted"]) call.addEventListener(type, ({ code }) => events.push(`${type} ${code}`));
  });
  const [near, far] = calls;
  await near.setMembers([sides[1].bundle]);
  await far.setMembers([sides[0].bundle.bytes]);
  const pair = await connect({ wire: "same-task", call: near, watch: far, from: near.self, label: options.wasmUrl && "trap" });
  const end = async () => {
    await finish(pair, near, far);
    for (const side of sides) await side.logOut();
  };
  return { near, far, pair, events, end };
}

async function until(test, limit = 5000) {
  const start = performance.now();
  while (!(await test()) && performance.now() < start + limit) await sleep(20);
  return Math.round(performance.now() - start);
}

const openedBy = async (call) => (await call.stats()).streams.reduce((sum, { frames }) => sum + frames, 0);

globalThis.scenarios = {
  /** Keys by messages; a rotation; a member who is dropped. */
  async devices() {
    const { near, far, pair, events, end } = await devices();
    await until(() => pair.video?.ok() && pair.audio?.ok());
    const picture = pair.video.ok();
    const before = await openedBy(far);
    await near.rotate();
    await sleep(600);
    const rotated = (await openedBy(far)) - before;
    await near.setMembers([]);
    await sleep(3000);
    const dropped = await openedBy(far);
    await sleep(600);
    const after = (await openedBy(far)) - dropped;
    const result = { picture, rotated, after, sealed: await openedBy(near), events, dropped: drops(await far.stats()) };
    await end();
    return result;
  },

  /** A core that traps brings itself back: new keys, new messages, and a picture again. */
  async "devices and a trap"() {
    const { near, far, pair, events, end } = await devices({ wasmUrl: "/target/test/core-trap.wasm" });
    await until(() => events.some((event) => event.startsWith("restarted")));
    const start = await openedBy(far);
    const milliseconds = await until(async () => (await openedBy(far)) > start + 10);
    await until(() => pair.video?.ok());
    const result = { milliseconds, picture: pair.video.ok(), events, restarts: (await near.stats()).restarts };
    await end();
    return result;
  },

  firefox: () => FIREFOX,

  plaintext: async () => simple({ wire: "never", flag: false }),
  "plaintext with the flag": async () => simple({ wire: "never", flag: true }),
  sealed: async () => simple({ wire: "same-task" }),
  "sealed without the flag": async () => simple({ wire: "same-task", flag: false }),
  "sealed a task too late": async () => simple({ wire: "next-task", flag: false }),
  "sealed a task too late with the flag": async () => simple({ wire: "next-task" }),
  "sealed once connected with the flag": async () => simple({ wire: "connected" }),
  "no key yet": async () => simple({ wire: "same-task", call: await near.join("matrix", { as: "near" }) }),

  "sealed too late, while sending": () =>
    midway(
      async (pair) => {
        pair.wire();
        return { tracks: pair.senders.map(({ track }) => track !== null) };
      },
      { flag: false, wire: "never" },
    ),

  "bad option, exception swallowed": async () => {
    const call = await keyed();
    return simple({ wire: "same-task", flag: false, call, seal: (sender) => call.seal(sender, { track: 5 }) });
  },

  "call closed before": async () => {
    const call = await keyed();
    await call.close();
    return simple({ wire: "same-task", flag: false, call });
  },

  "worker terminated": async () => {
    const own = await Sealframe.start({ device: false });
    const worker = workers.at(-1);
    const call = await keyed(own);
    const event = new Promise((done) => call.addEventListener("error", ({ code }) => done(code)));
    // It cannot be closed any more: a request waits for a worker that is gone, for a while.
    const result = await midway(async () => (worker.terminate(), {}), { call, leave: true });
    loss = Promise.all([call.stats().catch(({ code }) => code), event]);
    return result;
  },

  "worker lost": () => loss,

  "transform removed": () =>
    midway(async (pair) => {
      const attempts = pair.senders.map((sender) => {
        try {
          sender.transform = null;
        } catch (error) {
          return error.code;
        }
      });
      return { attempts, held: pair.senders.every(({ transform }) => transform instanceof RTCRtpScriptTransform) };
    }),

  "track replaced": () =>
    midway(async (pair) => {
      for (const sender of pair.senders) await sender.replaceTrack(media.find(({ kind }) => kind === sender.track.kind).clone());
      return {};
    }),

  "call closed in mid-call": () => midway(async (pair, call) => (await call.close(), {})),

  "another call wants the sender": () =>
    midway(async (pair) => {
      const other = await keyed();
      const errors = pair.senders.map((sender) => {
        try {
          other.seal(sender);
        } catch (error) {
          return error.code;
        }
      });
      await other.close();
      return { errors };
    }),

  "next call takes the sender": () =>
    midway(async (pair, call) => {
      await call.close();
      const next = await keyed();
      pair.senders.forEach((sender) => next.seal(sender));
      return {};
    }),

  "unknown codec": async () => {
    const own = await Sealframe.start({ workerUrl: "/call/tap-worker.js?tap=unused&mime=video/unheard-of", device: false });
    const result = await simple({ wire: "same-task", call: await keyed(own) });
    await own.close();
    return result;
  },

  "new keys in mid-call": () =>
    midway(async (pair, call) => {
      for (let i = 0; i < 5; i++) {
        await call.setKeys({ near: key(10 + i), far: key(2) });
        await sleep(60);
      }
      return {};
    }),

  "trap in the core": async () => {
    const own = await Sealframe.start({ wasmUrl: "/target/test/core-trap.wasm", device: false });
    const call = await keyed(own);
    const events = [];
    for (const type of ["restarted", "state", "error"]) {
      call.addEventListener(type, ({ code, state, kind }) => events.push({ type, code, state, kind }));
    }
    const pair = await connect({ wire: "same-task", call, label: "trap" });
    const before = await listen(2600);
    const silent = await listen(600);
    const between = await call.stats();
    await call.setKeys({ near: key(3), far: key(2) });
    const after = await listen(600);
    await finish(pair, call);
    await own.close();
    return { before, silent, after, events, restarts: between.restarts, dropped: drops(between) };
  },

  "keys on both sides": async () => {
    const call = await keyed();
    const other = await far.join("matrix", { as: "far", keys: { near: key(1), far: key(2) } });
    const pair = await connect({ wire: "same-task", call, watch: other });
    for (let i = 0; i < 50 && !(pair.video?.ok() && pair.audio?.ok()); i++) await sleep(100);
    const result = { picture: pair.video.ok(), tone: pair.audio.ok(), dropped: drops(await other.stats()) };
    await finish(pair, call, other);
    return result;
  },

  "a key that comes late": async () => {
    const call = await keyed();
    const other = await far.join("matrix", { as: "far" });
    const states = [];
    other.addEventListener("state", ({ state, kind }) => states.push(`${kind} ${state}`));
    const pair = await connect({ wire: "same-task", call, watch: other });
    await sleep(1000);
    const early = await pair.decoded();
    const given = performance.now();
    await other.setKeys({ near: key(1), far: key(2) });
    for (let i = 0; i < 200 && !pair.video.ok(); i++) await sleep(20);
    const result = { early, picture: pair.video.ok(), milliseconds: performance.now() - given };
    const reports = [...(await pair.b.getStats()).values()];
    result.keyFrameRequests = reports.find(({ type, kind }) => type === "inbound-rtp" && kind === "video").pliCount;
    await sleep(600);
    await finish(pair, call, other);
    return { ...result, states };
  },

  "keys that change too often": async () => {
    const call = await keyed();
    const other = await far.join("matrix", { as: "far" });
    const states = [];
    other.addEventListener("state", ({ kind, timeStamp }) => states.push({ kind, timeStamp }));
    const pair = await connect({ wire: "same-task", call, watch: other });
    for (let i = 0; i < 40; i++) {
      await other.setKeys({ near: key(i % 2 ? 1 : 9), far: key(2) });
      await sleep(50);
    }
    const { streams } = await other.stats();
    await finish(pair, call, other);
    return { states, streams };
  },

  /** A receiver whose frames go past every transform by now: it is ended rather than believed. */
  "opened too late": async () => {
    const other = await far.join("matrix", { as: "far" });
    const [a, b] = [new RTCPeerConnection(), new RTCPeerConnection()];
    a.onicecandidate = ({ candidate }) => b.addIceCandidate(candidate);
    b.onicecandidate = ({ candidate }) => a.addIceCandidate(candidate);
    const track = media[1].clone();
    a.addTrack(track);
    let receiver;
    b.ontrack = (event) => ({ receiver } = event);
    await negotiate({ a, b });
    await sleep(300);
    const pair = { errors: [] };
    attempt(pair, () => other.open(receiver, { from: "near" }));
    const before = await decoded(b);
    await sleep(300);
    const result = { errors: pair.errors, state: receiver.track.readyState, decoded: (await decoded(b)) - before };
    a.close();
    b.close();
    track.stop();
    await other.close();
    return result;
  },

  "wrong key": async () => {
    const call = await keyed();
    const other = await far.join("matrix", { as: "far", keys: { near: key(9), far: key(2) } });
    const pair = await connect({ wire: "same-task", call, watch: other });
    await sleep(1200);
    const result = { decoded: await pair.decoded(), dropped: drops(await other.stats()) };
    await finish(pair, call, other);
    return result;
  },
};
globalThis.ready = true;
