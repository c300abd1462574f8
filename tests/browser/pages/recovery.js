// A worker dies in mid-call: scenarios for recovery.test.mjs.
import { Sealframe } from "/dist/index.js";
import { record } from "./deaths.js";
import {
  arrived,
  ask,
  connect,
  devices,
  finish,
  key,
  keyed,
  listen,
  openedBy,
  sleep,
  tap,
  taps,
  until,
  workers,
} from "./pair.js";

const WAYS = {
  terminate: (worker) => worker.terminate(),
  throw: () => taps.near.tell("throw"),
  hang: () => taps.near.tell("hang"),
};

const pictures = async (pair) => await pair.decoded();

/** Figures that show where pictures got stuck. */
async function clues({ near, far, pair }) {
  const video = async (call) => (await call.stats()).streams.find(({ kind }) => kind === "video");
  const rtp = async (from, type) =>
    [...(await from.getStats()).values()].find(
      (row) => row.type === type && row.kind === "video",
    ) ?? {};
  const {
    framesEncoded,
    keyFramesEncoded,
    packetsSent,
    pliCount: heard,
  } = await rtp(pair.senders[1], "outbound-rtp");
  const {
    packetsReceived,
    framesReceived,
    framesDecoded,
    keyFramesDecoded,
    pliCount: said,
  } = await rtp(pair.b, "inbound-rtp");
  const sent = { framesEncoded, keyFramesEncoded, packetsSent, heard };
  const received = { packetsReceived, framesReceived, framesDecoded, keyFramesDecoded, said };
  return {
    near: await video(near),
    sent,
    received,
    far: await video(far),
    asked: (await ask("census", taps.far)).asked,
  };
}

globalThis.scenarios = {
  /**
   * The sender's worker dies.
   * @returns how long it takes until its frames open and show again, and more
   */
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
    const result = {
      before,
      census,
      restarted,
      media,
      picture,
      ok: comesBack && pair.video.ok() && pair.audio.ok(),
      states,
      stuck,
    };
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

  /** A worker with application keys dies. The application sets them again after a while. */
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

  /** Every worker dies, one after the other. */
  async "one death after the other"() {
    const own = await Sealframe.start({ device: false });
    const call = await keyed(own);
    const events = record(call, "restarted", "error");
    const pair = await connect({ wire: "same-task", call });
    const first = workers.length;
    const deaths = []; // five within ten seconds end the call; a slow machine may need more
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
      try {
        call.seal(sender);
      } catch (error) {
        sealed.push(error.code);
      }
    }
    await finish(pair);
    await own.close();
    return { events, census, code, sealed, workers: workers.length - first, deaths };
  },
};

tap.tell("reset");

globalThis.ready = true;
