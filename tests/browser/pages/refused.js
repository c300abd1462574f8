// Senders and receivers that were refused, the exception swallowed, and what passes when they are
// given media all the same: scenarios for refused.test.mjs. The tap is the far side, or it sends.
import { camera, microphone } from "/call/media.js";
import { Sealframe } from "/dist/index.js";
import { FIREFOX, ask, decoded, far, keyed, negotiate, sleep, tap, until, withoutTransforms } from "./pair.js";
import { thrown } from "./thrown.js";

const SMALL = { width: 160, height: 120 };
const code = (act) => {
  try { return act(), ""; }
  catch (error) { return error.code; }
};
let labels = 0;

const starts = { transforms: () => Sealframe.start({ device: false }), ...(!FIREFOX && { streams: withoutTransforms }) };

/** Why a call refuses what it is given; `again`: the call that takes it later. */
const REASONS = {
  "bad argument": async (sealframe) => ({ call: await keyed(sealframe), options: { track: 5, from: undefined } }),
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

/** Ways to give it media all the same, and what they answer. */
const WAYS = {
  /** Before it was negotiated: it gets the track itself. */
  addTrack: (sender, track, { a }) => a.addTrack(track) === sender ? "reused" : "another",
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

const count = ({ sealed, plaintext, strange }) => sealed + plaintext + strange;

/** Plaintext comes to a receiver that was refused, and comes on when it is opened as it should be. */
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
  // Before it is opened: Firefox counts anew from there.
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
    const cells = Object.keys(WAYS).flatMap((way) => (way === "tones" ? ["audio"] : ["audio", "video"]).map((kind) => [way, kind]));
    return Promise.all(cells.map(async ([way, kind]) => ({ what: `${way}, ${kind}`, ...(await refusedSender(starts[path], reason, way, kind)) })));
  },
  receiver: ({ path, reason }) => refusedReceiver(starts[path], reason),
};
globalThis.ready = true;
