// Senders and receivers that are attached again, or forgotten: scenarios for reattach.test.mjs.
import { Sealframe } from "/dist/index.js";
import {
  ask,
  connect,
  far,
  finish,
  key,
  keyed,
  listen,
  negotiate,
  sleep,
  tap,
  until,
  workers,
} from "./pair.js";

globalThis.scenarios = {
  /** The first transforms go to another worker, as if the browser did not deliver them to ours. */
  async lost() {
    const { RTCRtpScriptTransform: Native } = globalThis;
    const other = await Sealframe.start({ device: false });
    const deaf = workers.at(-1);
    let count = 0;
    // biome-ignore lint/complexity/useArrowFunction: a constructor cannot be an arrow function.
    globalThis.RTCRtpScriptTransform = function (worker, options) {
      return new Native(++count <= 2 ? deaf : worker, options);
    };
    const own = await Sealframe.start({ device: false });
    const call = await keyed(own);
    tap.tell("reset");
    const pair = await connect({ wire: "same-task", call });
    const streams = async () => (await call.stats()).streams;
    const began = performance.now();
    await until(async () => (await streams()).filter(({ frames }) => frames > 20).length === 2);
    const result = {
      milliseconds: performance.now() - began,
      count,
      census: await ask("census"),
      sealed: (await streams()).length,
    };
    await finish(pair, call);
    await own.close();
    await other.close();
    globalThis.RTCRtpScriptTransform = Native;
    return result;
  },

  /** The peer closes the connection, another peer replaces it, and then the worker ends. */
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

  /** Hundreds of tracks come and go, and one of them returns. */
  async departed() {
    const own = await Sealframe.start({ device: false });
    const call = await keyed(own);
    const other = await own.join("matrix", { as: "far", keys: { near: key(1), far: key(2) } });
    const frames = async () =>
      (await other.stats()).streams
        .filter(({ track }) => track === "again")
        .map(({ frames }) => frames);
    const flows = (more) =>
      until(
        async () =>
          (await frames()).length === 2 && (await frames()).every((count) => count > more),
      );
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
    const opened = async () =>
      (await other.stats()).streams.filter(({ sender }) => sender === "guest 149").length;
    await until(async () => (await opened()) === 1 && (await count(other)) <= 66);
    const result = {
      before,
      at,
      after,
      opening: await count(other),
      sealing: await count(call),
      last: await opened(),
    };
    await finish(second, call, other);
    await own.close();
    return result;
  },
};

globalThis.ready = true;
