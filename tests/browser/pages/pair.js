// Two connections in one page. The near one is protected, rightly or wrongly. The far one has no
// keys unless a scenario sets some. Its tap sees what a server sees, and judges every frame that
// arrives.
import { camera, microphone, render } from "/harness/page/media.js";
import { Tap } from "/harness/page/tap.js";
import { sleep } from "/harness/sleep.js";
import { Sealframe } from "/dist/index.js";

export { sleep, Tap };

export const key = (byte) => new Uint8Array(32).fill(byte);
export const media = [microphone(500), camera()];
export const FIREFOX = navigator.userAgent.includes("Firefox");

/** All workers of the page, so that a scenario can end one. */
export const workers = [];
globalThis.Worker = class extends Worker {
  constructor(...args) {
    super(...args);
    this.url = String(args[0]);
    workers.push(this);
  }
};

export const tap = new Tap("matrix");
/** Taps of the workers of two devices in a call. */
export const taps = {
  near: new Tap("near device"),
  far: new Tap("far device"),
};
export const far = await Sealframe.start({
  workerUrl: "/harness/page/tap-worker.js?tap=matrix",
  device: false,
});
export const near = await Sealframe.start({ device: false });

/** Starts as in Chromium before 141, which has no RTCRtpScriptTransform. */
export async function withoutTransforms() {
  const { RTCRtpScriptTransform } = globalThis;
  delete globalThis.RTCRtpScriptTransform;
  try {
    return await Sealframe.start({ device: false });
  } finally {
    globalThis.RTCRtpScriptTransform = RTCRtpScriptTransform;
  }
}

/**
 * A connection pair with both kinds of media.
 * @param {{ flag?: boolean, wire: "same-task" | "next-task" | "connected" | "never", call: Call, label?: string,
 *   seal?: (sender: RTCRtpSender) => void, watch?: Call, from?: string }} options
 */
export async function connect({ flag = true, wire, call, label = "", seal, watch, from = "near" }) {
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
  pair.wire = () =>
    pair.senders.forEach((sender) =>
      attempt(pair, () => (seal ? seal(sender) : call.seal(sender, { track: label }))),
    );
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

export function attempt(pair, act) {
  try {
    act();
    pair.errors.push("");
  } catch (error) {
    pair.errors.push(error.code ?? String(error));
  }
}

export async function negotiate({ a, b }) {
  await a.setLocalDescription();
  await b.setRemoteDescription(a.localDescription);
  await b.setLocalDescription();
  await a.setRemoteDescription(b.localDescription);
  await until(() => a.connectionState === "connected");
}

export async function decoded(pc) {
  const reports = [...(await pc.getStats()).values()].filter(({ type }) => type === "inbound-rtp");
  return reports.find(({ kind }) => kind === "video")?.framesDecoded ?? 0;
}

export const ask = (question, of = tap, fields = {}) => of.ask(question, fields);

/** Counts what reaches the tap from now on, for this time and until `enough` frames came. */
export async function listen(milliseconds, { channel = tap, enough = 0 } = {}) {
  channel.tell("reset");
  await sleep(milliseconds);
  await arrived(enough, channel);
  return ask("census", channel);
}

/** Waits until `enough` frames have reached the tap since its reset. */
export async function arrived(enough, channel = tap) {
  const count = ({ sealed, plaintext }) => sealed + plaintext;
  await until(async () => count(await ask("census", channel)) >= enough);
}

export async function finish(pair, ...calls) {
  pair.a.close();
  pair.b.close();
  pair.senders.forEach(({ track }) => track?.stop());
  for (const call of calls) await call.close();
}

/** A call with a key for both sides. */
export const keyed = (sealframe = near) =>
  sealframe.join("matrix", { as: "near", keys: { near: key(1), far: key(2) } });

export const drops = ({ streams }) =>
  Object.assign({}, ...streams.map(({ kind, dropped }) => ({ [kind]: dropped })));

/** Two devices in a call. Their key messages go from one to the other. */
export async function devices({ label, ...options } = {}) {
  const workerUrl = (name) => `/harness/page/tap-worker.js?tap=${name} device`;
  const begin = (name, options) =>
    Sealframe.start({ name, workerUrl: workerUrl(name), ...options });
  const sides = [await begin("near", options), await begin("far")];
  const room = crypto.randomUUID();
  const calls = await Promise.all(sides.map((side) => side.join(room)));
  const events = [];
  calls.forEach((call, i) => {
    const other = calls[1 - i];
    call.addEventListener(
      "message",
      ({ to, bytes }) => to === other.self && other.receive(bytes, call.self).catch(() => {}),
    );
    for (const type of ["error", "restarted"])
      call.addEventListener(type, ({ code }) => events.push(`${type} ${code}`));
  });
  const [near, far] = calls;
  await near.setMembers([sides[1].bundle]);
  await far.setMembers([sides[0].bundle.bytes]);
  const pair = await connect({
    wire: "same-task",
    call: near,
    watch: far,
    from: near.self,
    label: options.wasmUrl ? "trap" : label,
  });
  const end = async () => {
    await finish(pair, near, far);
    for (const side of sides) await side.logOut();
  };
  return { near, far, pair, events, bundles: sides.map(({ bundle }) => bundle), end };
}

/**
 * Waits until `test` holds. Only a fault reaches the limit, not a slow machine.
 * @returns milliseconds
 */
export async function until(test, limit = 40_000) {
  const start = performance.now();
  while (!(await test()) && performance.now() < start + limit) await sleep(20);
  return Math.round(performance.now() - start);
}

export const openedBy = async (call) =>
  (await call.stats()).streams.reduce((sum, { frames }) => sum + frames, 0);
