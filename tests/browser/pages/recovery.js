// A worker dies in mid-call, one way or another: scenarios for recovery.test.mjs.
import { Sealframe } from "/dist/index.js";
import { arrived, ask, connect, devices, finish, key, keyed, listen, openedBy, sleep, tap, taps, until, workers } from "./pair.js";

const WAYS = {
  terminate: (worker) => worker.terminate(),
  throw: () => taps.near.postMessage({ ask: "throw" }),
  hang: () => taps.near.postMessage({ ask: "hang" }),
};

/** Every event of a call, with its moment. */
function record(call, ...types) {
  const events = [];
  const start = performance.now();
  for (const type of types) {
    call.addEventListener(type, ({ code, kind, state }) => events.push({ type, code, kind, state, at: performance.now() - start }));
  }
  return events;
}

/** Ends a worker behind its owner's back, and says so at once. */
function kill(worker) {
  worker.terminate();
  worker.onerror(new Event("error"));
}

/** What a promise gives; an error where it does not settle in time. */
const within = (promise, what, limit = 60_000) =>
  Promise.race([promise, sleep(limit).then(() => Promise.reject(new Error(`not within ${limit} ms: ${what}`)))]);

/** The next worker has been told of this call. */
const returned = (call) => within(new Promise((done) => call.addEventListener("restarted", done, { once: true })), "restarted");

const pictures = async (pair) => (await pair.decoded());

/** Where pictures got stuck, should they. */
async function clues({ near, far, pair }) {
  const video = async (call) => (await call.stats()).streams.find(({ kind }) => kind === "video");
  const rtp = async (from, type) => [...(await from.getStats()).values()].find((row) => row.type === type && row.kind === "video") ?? {};
  const { framesEncoded, keyFramesEncoded, packetsSent, pliCount: heard } = await rtp(pair.senders[1], "outbound-rtp");
  const { packetsReceived, framesReceived, framesDecoded, keyFramesDecoded, pliCount: said } = await rtp(pair.b, "inbound-rtp");
  const sent = { framesEncoded, keyFramesEncoded, packetsSent, heard };
  const received = { packetsReceived, framesReceived, framesDecoded, keyFramesDecoded, said };
  return { near: await video(near), sent, received, far: await video(far), asked: (await ask("census", taps.far)).asked };
}

globalThis.scenarios = {
  /** Of two devices, the sender's worker dies: how long until its frames are opened and shown again. */
  async "sender's worker"(way) {
    const { near, far, pair, end } = await devices();
    const worker = workers.at(-2);
    await until(() => pair.video?.ok() && pair.audio?.ok());
    const before = await listen(500, { channel: taps.far, enough: 1 });
    const states = record(near, "restarted", "state", "error");
    const [opened, shown] = [await openedBy(far), await pictures(pair)];
    WAYS[way](worker);
    const dead = performance.now();
    await until(async () => states.some(({ type }) => type === "restarted"));
    const restarted = performance.now() - dead;
    await until(async () => (await openedBy(far)) > opened + 10);
    const media = performance.now() - dead;
    const back = async () => (await pictures(pair)) > shown + 3;
    await until(back, 5_000);
    const stuck = (await back()) ? undefined : await clues({ near, far, pair });
    await until(back);
    const picture = performance.now() - dead;
    const comesBack = await back();
    await sleep(300);
    await until(() => states.some(({ kind, state }) => kind === "video" && state === "sealed"));
    await arrived(21, taps.far);
    const census = await ask("census", taps.far);
    const result = { before, census, restarted, media, picture, ok: comesBack && pair.video.ok() && pair.audio.ok(), states, stuck };
    await end();
    return result;
  },

  /** The receiver's worker dies. */
  async "receiver's worker"() {
    const { far, pair, end } = await devices();
    const worker = workers.at(-1);
    await until(() => pair.video?.ok() && pair.audio?.ok());
    const events = record(far, "restarted", "error");
    const shown = await pictures(pair);
    worker.terminate();
    const dead = performance.now();
    await until(async () => events.length > 0);
    await until(async () => (await pictures(pair)) > shown + 3);
    const picture = performance.now() - dead;
    const comesBack = (await pictures(pair)) > shown + 3;
    const { streams, restarts } = await far.stats();
    const result = { picture, ok: comesBack && pair.video.ok(), events, restarts, streams };
    await end();
    return result;
  },

  /** With keys of the application: silence until it gives them again. */
  async "application keys"() {
    const own = await Sealframe.start({ device: false });
    const worker = workers.at(-1);
    const call = await keyed(own);
    const events = record(call, "restarted", "state", "error");
    const pair = await connect({ wire: "same-task", call });
    const before = await listen(600, { enough: 11 });
    worker.terminate();
    await until(() => events.some(({ type }) => type === "restarted"));
    const silent = await listen(600);
    await call.setKeys({ near: key(3), far: key(2) });
    const after = await listen(600, { enough: 11 });
    await finish(pair, call);
    await own.close();
    return { before, silent, after, events };
  },

  /** What was asked of the worker that died, or while there is none. */
  async "pending requests"() {
    const own = await Sealframe.start({ name: "pending" });
    const worker = workers.at(-1);
    const call = await own.join("pending", {});
    await call.setMembers([own.bundle]);
    worker.terminate();
    const code = (promise) => promise.then(() => "done", (error) => error.code);
    const ask = () => [call.stats(), call.setMembers([]), call.rotate(), call.receive(new Uint8Array(10)), call.setKeys({ a: key(1) })];
    const pending = ask().map(code);
    const { restarts } = await call.stats();
    const during = (worker.onerror?.(new Event("error")), workers.at(-1).terminate(), ask().map(code));
    const result = { pending: await Promise.all(pending), restarts, during: await Promise.all(during) };
    const closed = [code(own.logOut())];
    return { ...result, closed: await Promise.all(closed) };
  },

  /** Which roster the next worker is given; each time, whom it gives a key and who is in it. */
  async rosters() {
    const bob = await Sealframe.start({ name: "bob" });
    const person = { name: "bob", devices: [bob.bundle] };
    const statements = {
      "two at once": async (call) => {
        await Promise.all([call.setMembers([person]), call.setMembers([])]);
      },
      unanswered: async (call) => {
        await call.setMembers([bob.bundle]);
        return () => call.setMembers([]);
      },
      refused: async (call) => {
        await call.setMembers([bob.bundle]);
        await call.setMembers([bob.bundle, new Uint8Array(131)]).catch(() => {});
      },
      "refused, and gone": async (call) => {
        await call.setMembers([bob.bundle]);
        await call.setMembers([new Uint8Array(131)]).catch(() => {});
      },
      "refused too late": async (call) => {
        await call.setMembers([bob.bundle]);
        return () => call.setMembers([bob.bundle, new Uint8Array(131)]).catch(() => {});
      },
      "a buffer used again": async (call) => {
        const bytes = bob.bundle.bytes.slice();
        const stated = call.setMembers([bytes]);
        bytes.fill(0);
        await stated;
      },
    };
    const found = {};
    for (const [name, state] of Object.entries(statements)) {
      const own = await Sealframe.start({ name: "rosters" });
      const call = await own.join(name);
      const events = record(call, "error");
      const meanwhile = await state(call);
      const told = [];
      const again = returned(call);
      kill(workers.at(-1));
      call.addEventListener("message", ({ to }) => told.push(to));
      const stated = meanwhile?.();
      await again;
      await stated;
      await sleep(600);
      const { members } = await call.stats();
      found[name] = { members: members.length, told: told.includes(bob.bundle.id), errors: events.length };
      await own.logOut();
    }
    await bob.logOut();
    return found;
  },

  /** Another tab gets into one of two calls while there is no worker: what that does to both. */
  async "one of two"() {
    const [own, other] = [await Sealframe.start({ name: "two calls" }), await Sealframe.start({ name: "two calls" })];
    const calls = { lost: await own.join("lost"), kept: await own.join("kept") };
    const events = {};
    for (const [name, call] of Object.entries(calls)) {
      await call.setMembers([]);
      events[name] = record(call, "restarted", "error");
    }
    const joining = other.join("lost");
    await sleep(300);
    const before = workers.length;
    kill(workers.at(-2));
    const code = (promise) => within(promise, "answer").then(() => "done", (error) => error.code ?? error.message);
    const waiting = code(calls.lost.stats());
    // Before the answer of the other one: that has to wait for three seconds.
    const order = [];
    const note = (name) => (answer) => (order.push(name), answer);
    const last = waiting.then(note("lost"));
    const kept = [await code(calls.kept.stats()), await code(calls.kept.setMembers([])).then(note("kept"))];
    await last;
    await until(() => events.lost.length > 0);
    const pc = new RTCPeerConnection(calls.lost.configuration());
    const lost = { waiting: await waiting, stats: await code(calls.lost.stats()), sealed: "nothing" };
    try { calls.lost.seal(pc.addTransceiver("audio").sender); } catch (error) { lost.sealed = error.code; }
    pc.close();
    const told = { lost: [...events.lost], kept: [...events.kept] };
    const made = workers.length - before;
    const closed = [await code(joining), await code(calls.lost.close()), await code(other.close())];
    const again = await code(own.join("lost"));
    await own.logOut();
    return { kept, order, lost, events: told, made, closed, again };
  },

  /** Calls whose workers come from these files, which are changed before the workers are ended. */
  async "begin elsewhere"(files) {
    globalThis.elsewhere = [];
    for (const file of files) {
      const workerUrl = new URL(file, location).href;
      const own = await Sealframe.start({ device: false, workerUrl });
      elsewhere.push({ own, workerUrl, call: await keyed(own), worker: workers.at(-1) });
    }
  },

  /** When and how each of these calls went on or ended, and how many workers that took. */
  async "end elsewhere"() {
    const start = performance.now();
    const ended = elsewhere.map(async ({ own, call, worker, workerUrl }) => {
      const events = record(call, "restarted", "error");
      const before = workers.filter(({ url }) => url === workerUrl).length;
      kill(worker);
      const stats = await within(call.stats(), "stats", 150_000).then(() => "done", (error) => error.code);
      const at = performance.now() - start;
      await own.close();
      return { stats, at, events, workers: workers.filter(({ url }) => url === workerUrl).length - before };
    });
    return Promise.all(ended);
  },

  /** Closed while there is no worker, or by one that hangs: it ends, and lets go of the device. */
  async closing() {
    const name = "closing";
    const begin = async () => {
      const own = await Sealframe.start({ name, workerUrl: "/call/tap-worker.js?tap=near device" });
      const calls = [await own.join("room"), await own.join("other")];
      for (const call of calls) await call.setMembers([]);
      return { own, calls, worker: workers.at(-1) };
    };
    const code = (promise) => promise.then(() => "done", (error) => error.code);
    const timed = async (promise) => [await code(within(promise, "closed")), performance.now()];

    const one = await begin();
    kill(one.worker);
    const [closed, at] = await timed(one.own.close());
    const codes = [closed, await code(one.own.join("again")), await code(one.calls[0].stats())];
    // At once: nobody has the device.
    const two = await begin();
    const free = performance.now() - at;

    kill(two.worker);
    const left = await code(two.calls[0].close());
    const rest = [await code(two.calls[1].stats()), await code(two.own.join("room").then((call) => call.close()))];
    taps.near.postMessage({ ask: "hang" });
    await sleep(100);
    const start = performance.now();
    const [hung, end] = await timed(two.own.close());
    const ours = ({ name: lock }) => lock.includes(name) || lock.includes(two.calls[0].self);
    let locks; // one in an endless loop takes its time to end
    await until(async () => {
      const { held, pending } = await navigator.locks.query();
      return !(locks = [...held, ...pending].filter(ours).length);
    });
    await (await Sealframe.start({ name })).logOut();
    return { codes, free, left, rest, hung, milliseconds: end - start, locks };
  },

  /** Whom a sender makes key frames for: one that joins; not for every new key. */
  async "key frames of a sender"() {
    let asked = 0; // Chromium's encoder is told by the page, Firefox's by the worker
    const { setParameters } = RTCRtpSender.prototype;
    RTCRtpSender.prototype.setParameters = function (parameters, options) {
      asked += options?.encodingOptions?.[0]?.keyFrame ? 1 : 0;
      return setParameters.call(this, parameters, options);
    };
    const { near, far, pair, bundles, end } = await devices();
    await until(() => pair.video?.ok());
    const count = async () => asked + ((await ask("census", taps.near)).asked["generateKeyFrame video"] ?? 0);
    const encoded = async () => [...(await pair.senders[1].getStats()).values()].find(({ type }) => type === "outbound-rtp").keyFramesEncoded ?? (await count()); // not in Firefox
    await sleep(600);
    const [start, before] = [await count(), await openedBy(far)];
    await near.rotate();
    await until(async () => (await openedBy(far)) > before + 40);
    const rotated = (await count()) - start;
    const third = await Sealframe.start({ name: "third" });
    const frames = await encoded();
    await near.setMembers([bundles[1], third.bundle]);
    await until(async () => (await count()) > start + rotated && (await encoded()) > frames);
    await sleep(1000);
    const result = { rotated, joined: (await count()) - start - rotated, made: (await encoded()) - frames };
    RTCRtpSender.prototype.setParameters = setParameters;
    await end();
    await third.logOut();
    return result;
  },

  /** Whatever kills every worker: not for ever. */
  async "one death after the other"() {
    const own = await Sealframe.start({ device: false });
    const call = await keyed(own);
    const events = record(call, "restarted", "error");
    const pair = await connect({ wire: "same-task", call });
    const first = workers.length;
    const deaths = []; // five within ten seconds end it: a slow machine may need some more
    const failed = () => events.some(({ type }) => type === "error");
    for (let i = 0; i < 30 && !failed(); i++) {
      workers.at(-1).terminate();
      await until(() => events.length > i);
      deaths.push(performance.now());
    }
    const census = await listen(500);
    const code = await call.stats().catch((error) => error.code);
    const sealed = [];
    for (const sender of pair.senders) {
      try { call.seal(sender); } catch (error) { sealed.push(error.code); }
    }
    await finish(pair);
    await own.close();
    return { events, census, code, sealed, workers: workers.length - first, deaths };
  },
};
tap.postMessage({ ask: "reset" });
globalThis.ready = true;
