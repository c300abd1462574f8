// Senders and receivers that were refused, and that a page gives media anyway: scenarios for
// refused.test.mjs. The tap is on the far side, or it sends.
import { camera, microphone } from "/harness/page/media.js";
import { Sealframe } from "/dist/index.js";
import {
  FIREFOX,
  ask,
  decoded,
  far,
  keyed,
  negotiate,
  sleep,
  tap,
  until,
  withoutTransforms,
} from "./pair.js";
import { thrown } from "./thrown.js";

const SMALL = { width: 160, height: 120 };
const code = (act) => {
  try {
    return (act(), "");
  } catch (error) {
    return error.code;
  }
};
let labels = 0;

const starts = {
  transforms: () => Sealframe.start({ device: false }),
  ...(!FIREFOX && { streams: withoutTransforms }),
};

/** Reasons why a call refuses a sender or receiver. `again` is the call that accepts it later. */
const REASONS = {
  "bad argument": async (sealframe) => ({
    call: await keyed(sealframe),
    options: { track: 5, from: undefined },
  }),
  "closed call": async (sealframe) => {
    const call = await keyed(sealframe);
    await call.close();
    return { call, again: await keyed(sealframe) };
  },
  "ended worker": async (sealframe, start) => {
    const call = await keyed(sealframe);
    await sealframe.close();
    const next = await start();
    return { call, again: await keyed(next), next };
  },
  "too late": async (sealframe) => ({ call: await keyed(sealframe), late: true }),
};

function connection(configuration) {
  const [a, b] = [new RTCPeerConnection(configuration), new RTCPeerConnection()];
  a.onicecandidate = ({ candidate }) => b.addIceCandidate(candidate);
  b.onicecandidate = ({ candidate }) => a.addIceCandidate(candidate);
  return { a, b, end: () => (a.close(), b.close()) };
}

/** Ways to give a refused sender media, and their results. */
const WAYS = {
  /** Before the negotiation addTrack() reuses the sender. */
  addTrack: (sender, track, { a }) => (a.addTrack(track) === sender ? "reused" : "another"),
  replaceTrack: (sender, track) => thrown(() => sender.replaceTrack(track)),
  "replaceTrack and encodings": async (sender, track) => {
    const answers = [await thrown(() => sender.replaceTrack(track))];
    const parameters = sender.getParameters();
    const active = parameters.encodings.map(({ active }) => active);
    parameters.encodings.forEach((encoding) => (encoding.active = true));
    answers.push(await thrown(() => sender.setParameters(parameters)));
    return [...answers, ...active].join();
  },
  tones: (sender) => thrown(() => sender.dtmf?.insertDTMF("123")),
};

async function refusedSender(start, reason, way, kind) {
  const sealframe = await start();
  const { call, options, again = call, late, next } = await REASONS[reason](sealframe, start);
  const pair = connection();
  const label = `refused ${++labels}`;
  const watch = await far.join("refused", { as: "far" });
  pair.b.ontrack = ({ receiver }) => watch.open(receiver, { from: "near", track: label });
  const track = kind === "audio" ? microphone(500) : camera(SMALL);
  const { sender } = pair.a.addTransceiver(kind);
  if (late) await sleep(30);
  const result = { code: code(() => call.seal(sender, options ?? { track: label })) };
  const early = way === "addTrack";
  if (early) result.answer = await WAYS[way](sender, track, pair);
  await negotiate(pair);
  if (!early) result.answer = await WAYS[way](sender, track, pair);
  await sleep(300);
  pair.a.restartIce();
  await negotiate(pair);
  await sleep(700);
  const seen = () => ask("track", tap, { track: label });
  result.seen = count(await seen());
  result.again = code(() => again.seal(sender, { track: label }));
  if (result.again === "") {
    await sender.replaceTrack(track);
    await until(async () => (await seen()).sealed > 5);
    const { plaintext, sealed } = await seen();
    result.after = { plaintext, flows: sealed > 5 };
  }
  pair.end();
  track.stop();
  for (const one of [again, watch]) await one.close();
  for (const one of [sealframe, next]) await one?.close();
  return result;
}

/** What an application may have done to a sender. */
const CHANGED = {
  "another prototype": (sender) =>
    Object.setPrototypeOf(sender, Object.create(RTCRtpSender.prototype)),
  frozen: Object.freeze,
  "a replaceTrack of its own": (sender) =>
    Object.defineProperty(sender, "replaceTrack", { value: () => Promise.resolve() }),
  "a getter that throws": (sender) => Object.defineProperty(sender, "dtmf", THROWS),
};
const THROWS = {
  get() {
    throw new Error("a getter of the application");
  },
};

/** A changed sender that has a track. What the tap sees of it if it is sealed, well or wrongly. */
async function changedSender(change, kind, options) {
  const call = await keyed();
  const pair = connection();
  const label = `changed ${++labels}`;
  const watch = await far.join("refused", { as: "far" });
  pair.b.ontrack = ({ receiver }) => watch.open(receiver, { from: "near", track: label });
  const track = kind === "audio" ? microphone(500) : camera(SMALL);
  const sender = pair.a.addTrack(track);
  change(sender);
  const refused = code(() => call.seal(sender, { track: label, ...options })) !== "";
  await negotiate(pair);
  await sleep(1000);
  const seen = () => ask("track", tap, { track: label });
  if (!refused) await until(async () => (await seen()).sealed > 5);
  const { sealed, plaintext } = await seen();
  pair.end();
  track.stop();
  for (const one of [call, watch]) await one.close();
  return { plaintext, asItShould: refused === (sealed === 0) };
}

/** Calls of the application on its sender that are under way when it seals, too late. */
async function busySender(kind) {
  const call = await keyed();
  const pair = connection();
  const label = `busy ${++labels}`;
  const watch = await far.join("refused", { as: "far" });
  pair.b.ontrack = ({ receiver }) => watch.open(receiver, { from: "near", track: label });
  const { sender } = pair.a.addTransceiver(kind);
  await sleep(30);
  await negotiate(pair);
  const track = kind === "audio" ? microphone(500) : camera(SMALL);
  const calls = [sender.replaceTrack(track), sender.setParameters(sender.getParameters())];
  const result = { code: code(() => call.seal(sender, { track: label })) };
  await Promise.allSettled(calls);
  await sleep(500);
  const seen = async () => count(await ask("track", tap, { track: label }));
  const before = await seen();
  await sleep(1000);
  Object.assign(result, { track: sender.track, frames: (await seen()) - before });
  pair.end();
  track.stop();
  for (const one of [call, watch]) await one.close();
  return result;
}

const count = ({ sealed, plaintext, strange }) => sealed + plaintext + strange;

/** Plaintext reaches a receiver that was refused, also after a later open() succeeds. */
async function refusedReceiver(start, reason) {
  const sealframe = await start();
  const { call, options, again = call, late, next } = await REASONS[reason](sealframe, start);
  const pair = connection();
  const track = camera(SMALL);
  pair.a.addTrack(track);
  const result = {};
  let receiver;
  pair.b.ontrack = async (event) => {
    ({ receiver } = event);
    if (late) await sleep(30);
    result.code = code(() => call.open(receiver, options ?? { from: "far" }));
  };
  await negotiate(pair);
  await sleep(1200);
  // Read before open(), because Firefox restarts the count there.
  [result.early, result.state] = [await decoded(pair.b), receiver.track.readyState];
  if (result.state === "live") {
    result.again = code(() => again.open(receiver, { from: "far" }));
    const dropped = async () => Object.keys((await again.stats()).streams[0]?.dropped ?? {});
    await until(async () => (await dropped()).length > 0);
    result.dropped = (await dropped()).length > 0;
    result.decoded = await decoded(pair.b);
  }
  pair.end();
  track.stop();
  await again.close();
  for (const one of [sealframe, next]) await one?.close();
  return result;
}

globalThis.scenarios = {
  async senders({ path, reason }) {
    const cells = Object.keys(WAYS).flatMap((way) =>
      (way === "tones" ? ["audio"] : ["audio", "video"]).map((kind) => [way, kind]),
    );
    return Promise.all(
      cells.map(async ([way, kind]) => ({
        what: `${way}, ${kind}`,
        ...(await refusedSender(starts[path], reason, way, kind)),
      })),
    );
  },
  busy: () => Promise.all(["audio", "video", "audio", "video"].map(busySender)),
  async changed() {
    const ways = Object.entries(CHANGED).flatMap(([what, change]) =>
      ["audio", "video"].flatMap((kind) =>
        [{}, { track: 5 }].map((options) => ({ what, change, kind, options })),
      ),
    );
    return Promise.all(
      ways.map(async ({ what, change, kind, options }) => ({
        what: `${what}, ${kind}${options.track ? ", a bad argument" : ""}`,
        ...(await changedSender(change, kind, options)),
      })),
    );
  },
  receiver: ({ path, reason }) => refusedReceiver(starts[path], reason),
};
globalThis.ready = true;
