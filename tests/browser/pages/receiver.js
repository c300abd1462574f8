// What a receiver opens, and what it reports about other frames: scenarios for receiver.test.mjs.
import { Sealframe } from "/dist/index.js";
import { dropsBoth, heard, settled } from "./course.js";
import {
  attempt,
  connect,
  decoded,
  drops,
  far,
  finish,
  key,
  keyed,
  media,
  negotiate,
  sleep,
  Tap,
  until,
} from "./pair.js";

/** Events of a receiver that has only these keys, or none. */
async function said({ keys, ...options }) {
  const call = await keyed();
  const other = await far.join("matrix", { as: "far", keys });
  const events = heard(other);
  const pair = await connect({ ...options, call, watch: other, label: "camera" });
  await until(() =>
    ["audio", "video"].every((kind) => events.some((event) => event.kind === kind)),
  );
  await sleep(2500);
  const result = { events, decoded: await pair.decoded(), streams: (await other.stats()).streams };
  await finish(pair, call, other);
  return result;
}

globalThis.scenarios = {
  "keys on both sides": async () => {
    const call = await keyed();
    const other = await far.join("matrix", { as: "far", keys: { near: key(1), far: key(2) } });
    const pair = await connect({ wire: "same-task", call, watch: other });
    await until(() => pair.video?.ok() && pair.audio?.ok());
    const result = {
      picture: pair.video.ok(),
      tone: pair.audio.ok(),
      dropped: drops(await other.stats()),
    };
    await finish(pair, call, other);
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

  /** A receiver whose frames bypass every transform, because it renders already. */
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
    const result = {
      errors: pair.errors,
      state: receiver.track.readyState,
      decoded: (await decoded(b)) - before,
    };
    a.close();
    b.close();
    track.stop();
    await other.close();
    return result;
  },

  /** Events about a peer that does not seal, and below about one whose key is missing. */
  "a peer that does not seal"() {
    return said({ wire: "never", flag: false });
  },

  "a peer whose key is missing"() {
    return said({ wire: "same-task" });
  },

  "opened as another's"() {
    return said({
      wire: "same-task",
      from: "third",
      keys: { near: key(1), third: key(3), far: key(2) },
    });
  },

  "keys that change too often": async () => {
    const call = await keyed();
    const other = await far.join("matrix", { as: "far" });
    const states = [];
    other.addEventListener("state", ({ kind, timeStamp }) => states.push({ kind, timeStamp }));
    const began = performance.now();
    const pair = await connect({ wire: "same-task", call, watch: other });
    const opens = async () =>
      (await other.stats()).streams.filter(({ frames }) => frames > 0).length === 2;
    for (let i = 0; i < 40 || (i < 400 && !(await opens())); i++) {
      await other.setKeys({ ...(i % 2 && { near: key(1) }), far: key(2) });
      await sleep(50);
    }
    const { streams } = await other.stats();
    const milliseconds = performance.now() - began;
    await finish(pair, call, other);
    return { states, streams, milliseconds };
  },

  /** Each genuine frame comes after twenty forged ones. */
  "a flood of forged frames": async () => {
    const flooded = new Tap("flood", { flood: "20" });
    const own = await Sealframe.start({
      workerUrl: flooded.workerUrl,
      device: false,
    });
    const call = await keyed();
    const other = await own.join("matrix", { as: "far", keys: { near: key(1), far: key(2) } });
    const events = heard(other);
    const began = performance.now();
    const pair = await connect({ wire: "same-task", call, watch: other });
    await until(() => pair.video?.ok());
    const picture = pair.video.ok();
    await sleep(1500);
    pair.a.close();
    await settled(async () =>
      JSON.stringify([(await other.stats()).streams, (await flooded.ask("census")).given]),
    );
    const result = {
      picture,
      events,
      streams: (await other.stats()).streams,
      given: (await flooded.ask("census")).given,
    };
    result.milliseconds = performance.now() - began;
    await finish(pair, call, other);
    await own.close();
    return result;
  },
};

globalThis.ready = true;
