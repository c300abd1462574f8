// What a protected sender does, rightly or wrongly wired: scenarios for fail-closed.test.mjs.
import { render } from "/call/media.js";
import { Sealframe } from "/dist/index.js";
import {
  FIREFOX, arrived, ask, attempt, connect, decoded, devices, drops, far, finish, key, keyed, listen, media, near, negotiate,
  openedBy, sleep, tap, until, workers,
} from "./pair.js";

/** How many frames show that they flow. */
const ENOUGH = 21;

/** The common course: wire, wait, count. With `flows` it waits for frames, with `drops` for some that are dropped. */
async function simple({ flows, drops: dropping, ...options }, milliseconds = 900) {
  const call = options.call ?? (await keyed());
  tap.postMessage({ ask: "reset" });
  const pair = await connect({ ...options, call });
  await sleep(milliseconds);
  if (flows) await arrived(ENOUGH);
  if (dropping) await until(async () => dropsBoth(await call.stats()));
  const result = { errors: pair.errors, tracks: pair.senders.map(({ track }) => track !== null) };
  result.dropped = drops(await call.stats().catch(() => ({ streams: [] })));
  result.decoded = await pair.decoded();
  result.census = await ask("census");
  await finish(pair, call);
  return result;
}

function dropsBoth(stats) {
  const { audio, video } = drops(stats);
  return [audio, video].every((counts) => counts && Object.keys(counts).length > 0);
}

/** The same, with something done in mid-call; counts what arrives after it, with `flows` until it is enough. */
async function midway(act, { flows, ...options } = {}, milliseconds = 700) {
  const call = options.call ?? (await keyed());
  const pair = await connect({ wire: "same-task", ...options, call });
  const before = await listen(600, { enough: ENOUGH });
  const result = { before, errors: pair.errors, ...(await act(pair, call)) };
  await sleep(400); // what was on its way
  result.census = await listen(milliseconds, { enough: flows ? ENOUGH : 0 });
  result.decoded = await pair.decoded();
  await finish(pair, ...(options.leave ? [] : [call]));
  return result;
}

/** A figure, once it stands still for a second. */
async function settled(figure) {
  let [last, now] = [undefined, await figure()];
  await until(async () => {
    await sleep(1000);
    [last, now] = [now, await figure()];
    return now === last;
  });
  return now;
}

/** The state events of a call. */
function heard(call) {
  const events = [];
  const take = ({ kind, sender, track, direction, state, code, timeStamp }) =>
    events.push({ kind, sender, track, direction, state, code, timeStamp });
  call.addEventListener("state", take);
  return events;
}

/** Of a sender whose frames a receiver opens under no key, or only under these. */
async function said({ keys, ...options }) {
  const call = await keyed();
  const other = await far.join("matrix", { as: "far", keys });
  const events = heard(other);
  const pair = await connect({ ...options, call, watch: other, label: "camera" });
  await until(() => ["audio", "video"].every((kind) => events.some((event) => event.kind === kind)));
  await sleep(2500);
  const result = { events, decoded: await pair.decoded(), streams: (await other.stats()).streams };
  await finish(pair, call, other);
  return result;
}

globalThis.scenarios = {
  /** Keys by messages; a rotation; a member who is dropped. */
  async devices() {
    const { near, far, pair, events, end } = await devices();
    await until(() => pair.video?.ok() && pair.audio?.ok());
    const picture = pair.video.ok();
    const before = await openedBy(far);
    await near.rotate();
    await sleep(600);
    await until(async () => (await openedBy(far)) > before + ENOUGH && (await openedBy(near)) > 50);
    const rotated = (await openedBy(far)) - before;
    await near.setMembers([]);
    await sleep(3000);
    const dropped = await settled(() => openedBy(far));
    await sleep(600);
    const after = (await openedBy(far)) - dropped;
    await until(() => events.length > 0); // who asks may be a member soon: it is told after ten seconds
    await until(async () => drops(await far.stats()).audio["unknown-key"] > 0);
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

  /** Alone in the call, with a roster that is empty: frames again after the trap, for who may come. */
  async "a trap alone"() {
    const own = await Sealframe.start({ name: "alone", wasmUrl: "/target/test/core-trap.wasm" });
    const call = await own.join("alone");
    const events = [];
    for (const type of ["error", "restarted"]) call.addEventListener(type, ({ code }) => events.push(`${type} ${code}`));
    await call.setMembers([]);
    const pair = await connect({ wire: "same-task", call, label: "trap" });
    await until(() => events.length > 0);
    await sleep(500);
    const after = await listen(600, { enough: 11 });
    await finish(pair, call);
    await own.logOut();
    return { events, after };
  },

  firefox: () => FIREFOX,

  plaintext: async () => simple({ wire: "never", flag: false, flows: true }),
  "plaintext with the flag": async () => simple({ wire: "never", flag: true }),
  sealed: async () => simple({ wire: "same-task", flows: true }),
  "sealed without the flag": async () => simple({ wire: "same-task", flag: false, flows: true }),
  "sealed a task too late": async () => simple({ wire: "next-task", flag: false, flows: FIREFOX }),
  "sealed a task too late with the flag": async () => simple({ wire: "next-task", flows: true }),
  "sealed once connected with the flag": async () => simple({ wire: "connected", flows: !FIREFOX }),
  "no key yet": async () => simple({ wire: "same-task", drops: true, call: await near.join("matrix", { as: "near" }) }),

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

  /** Another worker takes over, and the application has not given it keys yet. */
  "worker terminated": async () => {
    const own = await Sealframe.start({ device: false });
    const worker = workers.at(-1);
    const call = await keyed(own);
    const result = await midway(async () => (worker.terminate(), {}), { call });
    await own.close();
    return result;
  },

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
    }, { flows: true }),

  /** Also by who got hold of them before. */
  tones: async () => {
    let held;
    const call = await keyed();
    const seal = (sender) => ((held ??= sender.dtmf), call.seal(sender));
    return midway(
      async (pair) => {
        const attempts = [held, pair.senders[0].dtmf].map((dtmf) => {
          try {
            dtmf.insertDTMF("123");
          } catch (error) {
            return error.code;
          }
        });
        return { attempts };
      },
      { call, seal, flows: true },
    );
  },

  "track replaced": () =>
    midway(async (pair) => {
      for (const sender of pair.senders) await sender.replaceTrack(media.find(({ kind }) => kind === sender.track.kind).clone());
      return {};
    }, { flows: true }),

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
    }, { flows: true }),

  "next call takes the sender": () =>
    midway(async (pair, call) => {
      await call.close();
      const next = await keyed();
      pair.senders.forEach((sender) => next.seal(sender));
      return {};
    }, { flows: true }),

  /** Five workers of it die within ten seconds; nobody closes it. */
  "next call after a worker that failed": async () => {
    const own = await Sealframe.start({ device: false });
    const call = await keyed(own);
    const codes = [];
    for (const type of ["restarted", "error"]) call.addEventListener(type, ({ code }) => codes.push(code));
    const result = await midway(
      async (pair) => {
        for (let i = 1; !codes.includes("worker-failed") && i < 9; i++) {
          workers.at(-1).terminate();
          workers.at(-1).onerror(new Event("error"));
          await until(() => codes.length >= i);
        }
        const failed = codes.at(-1);
        const next = await keyed();
        pair.senders.forEach((sender) => next.seal(sender));
        return { failed, next };
      },
      { call, leave: true, flows: true },
    );
    await result.next.close();
    await own.close();
    return { ...result, next: undefined };
  },

  "unknown codec": async () => {
    const own = await Sealframe.start({ workerUrl: "/call/tap-worker.js?tap=unused&mime=video/unheard-of", device: false });
    const result = await simple({ wire: "same-task", drops: true, call: await keyed(own) });
    await own.close();
    return result;
  },

  "frames that throw": async () => {
    const own = await Sealframe.start({ workerUrl: "/call/tap-worker.js?tap=unused&mime=throw", device: false });
    const result = await simple({ wire: "same-task", drops: true, call: await keyed(own) });
    await own.close();
    return result;
  },

  /** Frames that do not say theirs, on both sides. */
  "codec of the application": async () => {
    const workerUrl = "/call/tap-worker.js?tap=unused&mime=";
    const own = [await Sealframe.start({ workerUrl, device: false }), await Sealframe.start({ workerUrl, device: false })];
    const [call, other] = [await keyed(own[0]), await own[1].join("matrix", { as: "far", keys: { near: key(1), far: key(2) } })];
    const codec = (target) => ({ codec: target.track.kind === "audio" ? "audio/opus" : "video/VP8" });
    const seal = (sender) => call.seal(sender, codec(sender));
    const watch = { open: (receiver, options) => other.open(receiver, { ...options, ...codec(receiver) }) };
    const pair = await connect({ wire: "same-task", call, seal, watch });
    await until(() => pair.video?.ok() && pair.audio?.ok());
    const result = { picture: pair.video.ok(), tone: pair.audio.ok(), errors: pair.errors };
    await finish(pair, call);
    result.without = await simple({ wire: "same-task", drops: true, call: await keyed(own[0]) });
    for (const one of own) await one.close();
    return result;
  },

  "new keys in mid-call": () =>
    midway(async (pair, call) => {
      for (let i = 0; i < 5; i++) {
        await call.setKeys({ near: key(10 + i), far: key(2) });
        await sleep(60);
      }
      return {};
    }, { flows: true }),

  "trap in the core": async () => {
    const own = await Sealframe.start({ wasmUrl: "/target/test/core-trap.wasm", device: false });
    const call = await keyed(own);
    const events = [];
    for (const type of ["restarted", "state", "error"]) {
      call.addEventListener(type, ({ code, state, kind }) => events.push({ type, code, state, kind }));
    }
    const pair = await connect({ wire: "same-task", call, label: "trap" });
    tap.postMessage({ ask: "reset" });
    await until(() => events.some(({ type }) => type === "restarted"));
    await until(() => events.some(({ state }) => state === "waiting-for-key"));
    await until(async () => drops(await call.stats()).video?.["no-key"] > 0);
    const before = await ask("census");
    await sleep(400); // what was on its way
    const silent = await listen(600);
    const between = await call.stats();
    await call.setKeys({ near: key(3), far: key(2) });
    const after = await listen(600, { enough: 1 });
    await finish(pair, call);
    await own.close();
    return { before, silent, after, events, restarts: between.restarts, dropped: drops(between) };
  },

  "keys on both sides": async () => {
    const call = await keyed();
    const other = await far.join("matrix", { as: "far", keys: { near: key(1), far: key(2) } });
    const pair = await connect({ wire: "same-task", call, watch: other });
    await until(() => pair.video?.ok() && pair.audio?.ok());
    const result = { picture: pair.video.ok(), tone: pair.audio.ok(), dropped: drops(await other.stats()) };
    await finish(pair, call, other);
    return result;
  },

  "a key that comes late": async () => {
    const before = (await ask("census")).asked["sendKeyFrameRequest video"] ?? 0;
    const call = await keyed();
    const other = await far.join("matrix", { as: "far" });
    const states = [];
    other.addEventListener("state", ({ state, kind }) => states.push(`${kind} ${state}`));
    const pair = await connect({ wire: "same-task", call, watch: other });
    await sleep(1000);
    const early = await pair.decoded();
    const given = performance.now();
    await other.setKeys({ near: key(1), far: key(2) });
    await until(() => pair.video?.ok());
    const result = { early, picture: pair.video.ok(), milliseconds: performance.now() - given };
    await until(() => states.at(-1)?.endsWith("sealed"));
    await sleep(600);
    const asked = async () => (await ask("census")).asked["sendKeyFrameRequest video"] ?? 0;
    result.keyFrameRequests = (await asked()) - before;
    await finish(pair, call, other);
    return { ...result, states };
  },

  /** One request is lost; then there is nobody to answer any. */
  "key-frame requests that are lost": async () => {
    const call = await keyed();
    const other = await far.join("matrix", { as: "far", keys: { near: key(1), far: key(2) } });
    const pair = await connect({ wire: "same-task", call, watch: other });
    const asked = async () => (await ask("census")).asked["sendKeyFrameRequest video"] ?? 0;
    const shows = async (more) => until(async () => (await pair.decoded()) > more);
    const starve = async () => {
      await other.setKeys({ far: key(2) });
      const lost = async () => Object.values(drops(await other.stats()).video).reduce((sum, count) => sum + count, 0);
      const before = await lost();
      await until(async () => (await lost()) > before + 3);
    };
    const feed = () => other.setKeys({ near: key(1), far: key(2) });

    await until(() => pair.video?.ok());
    // A key frame that Chromium's own receiver asked for may come first: then another round tells.
    let [once, milliseconds] = [0, 0];
    for (let round = 0; round < 3 && once < 2; round++) {
      await starve();
      const [before, shown] = [await asked(), await pair.decoded()];
      tap.postMessage({ ask: "deaf", count: 1 });
      await feed();
      milliseconds = await shows(shown + 3);
      await sleep(2500);
      once = (await asked()) - before;
    }

    await starve();
    await call.setKeys({ far: key(2) }); // nothing leaves the near side without a key
    await sleep(500);
    const start = await asked();
    await feed();
    await until(async () => (await asked()) - start >= 5);
    await sleep(5000); // longer than any pause between two of them
    const none = (await asked()) - start;
    const still = await pair.decoded();
    await call.setKeys({ near: key(1), far: key(2) });
    await shows(still + 3);
    const result = { once, milliseconds, none, again: (await pair.decoded()) > still + 3, later: (await asked()) - start };
    await finish(pair, call, other);
    return result;
  },

  "keys that change too often": async () => {
    const call = await keyed();
    const other = await far.join("matrix", { as: "far" });
    const states = [];
    other.addEventListener("state", ({ kind, timeStamp }) => states.push({ kind, timeStamp }));
    const began = performance.now();
    const pair = await connect({ wire: "same-task", call, watch: other });
    const opens = async () => (await other.stats()).streams.filter(({ frames }) => frames > 0).length === 2;
    for (let i = 0; i < 40 || (i < 400 && !(await opens())); i++) {
      await other.setKeys({ ...(i % 2 && { near: key(1) }), far: key(2) });
      await sleep(50);
    }
    const { streams } = await other.stats();
    const milliseconds = performance.now() - began;
    await finish(pair, call, other);
    return { states, streams, milliseconds };
  },

  /** What is said of a peer that does not seal, beside one whose key is missing. */
  "who does not seal"() { return said({ wire: "never", flag: false }); },
  "whose key is missing"() { return said({ wire: "same-task" }); },
  "opened as another's"() { return said({ wire: "same-task", from: "third", keys: { near: key(1), third: key(3), far: key(2) } }); },

  /** Twenty forged frames in front of each genuine one. */
  "a flood of forged frames": async () => {
    const own = await Sealframe.start({ workerUrl: "/call/tap-worker.js?tap=flood&flood=20", device: false });
    const channel = new BroadcastChannel("flood");
    const call = await keyed();
    const other = await own.join("matrix", { as: "far", keys: { near: key(1), far: key(2) } });
    const events = heard(other);
    const began = performance.now();
    const pair = await connect({ wire: "same-task", call, watch: other });
    await until(() => pair.video?.ok());
    const picture = pair.video.ok();
    await sleep(1500);
    pair.a.close();
    await settled(async () => JSON.stringify([(await other.stats()).streams, (await ask("census", channel)).given]));
    const result = { picture, events, streams: (await other.stats()).streams, given: (await ask("census", channel)).given };
    result.milliseconds = performance.now() - began;
    await finish(pair, call, other);
    await own.close();
    return result;
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
    await until(async () => dropsBoth(await other.stats()));
    const result = { decoded: await pair.decoded(), dropped: drops(await other.stats()) };
    await finish(pair, call, other);
    return result;
  },
};
globalThis.ready = true;
