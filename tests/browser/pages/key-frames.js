// Requests for key frames, by receivers and for new members: scenarios for key-frames.test.mjs.
import { Sealframe } from "/dist/index.js";
import {
  ask,
  connect,
  devices,
  drops,
  far,
  finish,
  key,
  keyed,
  openedBy,
  sleep,
  tap,
  taps,
  until,
} from "./pair.js";

globalThis.scenarios = {
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

  /** One request is lost. Then no sender answers requests. */
  "key-frame requests that are lost": async () => {
    const call = await keyed();
    const other = await far.join("matrix", { as: "far", keys: { near: key(1), far: key(2) } });
    const pair = await connect({ wire: "same-task", call, watch: other });
    const asked = async () => (await ask("census")).asked["sendKeyFrameRequest video"] ?? 0;
    const shows = async (more) => until(async () => (await pair.decoded()) > more);
    const starve = async () => {
      await other.setKeys({ far: key(2) });
      const lost = async () =>
        Object.values(drops(await other.stats()).video).reduce((sum, count) => sum + count, 0);
      const before = await lost();
      await until(async () => (await lost()) > before + 3);
    };
    const feed = () => other.setKeys({ near: key(1), far: key(2) });

    await until(() => pair.video?.ok());
    // A key frame that Chromium's own receiver requested may come first. Then another round
    // decides.
    let [once, milliseconds] = [0, 0];
    for (let round = 0; round < 3 && once < 2; round++) {
      await starve();
      const [before, shown] = [await asked(), await pair.decoded()];
      tap.tell("deaf", { count: 1 });
      await feed();
      milliseconds = await shows(shown + 3);
      await sleep(2500);
      once = (await asked()) - before;
    }

    await starve();
    await call.setKeys({ far: key(2) }); // without a key the near side sends nothing
    await sleep(500);
    const start = await asked();
    await feed();
    await until(async () => (await asked()) - start >= 5);
    await sleep(5000); // longer than any pause between two requests
    const none = (await asked()) - start;
    const still = await pair.decoded();
    await call.setKeys({ near: key(1), far: key(2) });
    await shows(still + 3);
    const result = {
      once,
      milliseconds,
      none,
      again: (await pair.decoded()) > still + 3,
      later: (await asked()) - start,
    };
    await finish(pair, call, other);
    return result;
  },

  /** Key frames that a sender makes for a new key, and for a joiner. */
  async "key frames of a sender"() {
    let asked = 0; // in Chromium the page asks the encoder for a key frame, in Firefox the worker
    const { setParameters } = RTCRtpSender.prototype;
    RTCRtpSender.prototype.setParameters = function (parameters, options) {
      asked += options?.encodingOptions?.[0]?.keyFrame ? 1 : 0;
      return setParameters.call(this, parameters, options);
    };
    const { near, far, pair, bundles, end } = await devices();
    await until(() => pair.video?.ok());
    const count = async () =>
      asked + ((await ask("census", taps.near)).asked["generateKeyFrame video"] ?? 0);
    const encoded = async () =>
      [...(await pair.senders[1].getStats()).values()].find(({ type }) => type === "outbound-rtp")
        .keyFramesEncoded ?? (await count()); // Firefox does not report it
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
    const result = {
      rotated,
      joined: (await count()) - start - rotated,
      made: (await encoded()) - frames,
    };
    RTCRtpSender.prototype.setParameters = setParameters;
    await end();
    await third.logOut();
    return result;
  },
};

globalThis.ready = true;
