// Several senders or receivers of one track: scenarios for streams.test.mjs.
import { Videoroom } from "/harness/page/janus-client.js";
import { render } from "/harness/page/media.js";
import { Sealframe } from "/dist/index.js";
import {
  ask,
  attempt,
  connect,
  devices,
  far,
  finish,
  key,
  media,
  near,
  sleep,
  taps,
  until,
} from "./pair.js";

const KEYS = { near: key(1), far: key(2) };

globalThis.scenarios = {
  /** Janus forwards one feed on two connections, and later on a third. */
  async "one feed twice"(janus) {
    const room = crypto.randomUUID();
    const [sending, receiving] = [
      await near.join(room, { as: "near", keys: KEYS }),
      await far.join(room, { as: "far", keys: KEYS }),
    ];
    const publisher = new RTCPeerConnection(sending.configuration());
    const tracks = media.map((track) => track.clone());
    for (const track of tracks)
      sending.seal(publisher.addTransceiver(track, { direction: "sendonly" }).sender, {
        track: "",
      });
    const rooms = [await Videoroom.enter(janus, room)];
    const feed = await rooms[0].publish(publisher, "vp8");
    const subscribe = async () => {
      const view = { pc: new RTCPeerConnection(receiving.configuration()) };
      view.pc.ontrack = ({ receiver, track }) => {
        receiving.open(receiver, { from: "near" });
        view[track.kind] = render(track, 500);
      };
      rooms.push(await Videoroom.enter(janus, room));
      await rooms.at(-1).subscribe(view.pc, feed);
      return view;
    };
    const plays = (view) => until(() => view.video?.ok() && view.audio?.ok(), 20_000);
    const views = [await subscribe(), await subscribe()];
    await Promise.all(views.map(plays));
    const before = await decodedOf(views);
    const [began, concealed] = [performance.now(), await concealedOf(views)];
    await sleep(4000);
    const seconds = (performance.now() - began) / 1000;
    const pictures = (await decodedOf(views)).map((count, i) =>
      Math.round((count - before[i]) / seconds),
    );
    const share = (await concealedOf(views)).map(
      (one, i) => (one.concealed - concealed[i].concealed) / (one.all - concealed[i].all),
    );
    const { streams } = await receiving.stats();
    const opened = streams.map(({ kind, state, frames }) => ({ kind, state, frames }));
    views.push(await subscribe());
    await plays(views[2]);
    views[0].pc.close();
    await sleep(600);
    const third = await decodedOf(views.slice(1));
    await until(
      async () => (await decodedOf(views.slice(1))).every((count, i) => count > third[i] + 5),
      10_000,
    );
    const after = (await decodedOf(views.slice(1))).map((count, i) => count - third[i]);
    rooms.forEach((one) => one.close());
    [publisher, ...views.map(({ pc }) => pc)].forEach((pc) => pc.close());
    tracks.forEach((track) => track.stop());
    await Promise.all([sending.close(), receiving.close()]);
    return { pictures, share, opened, after };
  },

  /** A mesh with one label on two connections. The one sealed last closes, and a member joins. */
  async mesh() {
    const { near, far, pair, bundles, end } = await devices({ label: "camera" });
    const other = await Sealframe.start({ name: "other" });
    const call = await other.join(far.id);
    const second = await connect({
      wire: "same-task",
      call: near,
      watch: call,
      from: near.self,
      label: "camera",
    });
    await until(() => pair.video?.ok(), 10_000);
    const live = async () =>
      (await near.stats()).streams
        .filter(({ kind }) => kind === "video")
        .map(({ frames }) => frames);
    const both = (await live()).length;
    await finish(second);
    await sleep(600);
    const encoder = async () =>
      [...(await pair.senders[1].getStats()).values()].find(({ type }) => type === "outbound-rtp");
    const made = async () =>
      (await encoder()).keyFramesEncoded ??
      (await ask("census", taps.near)).asked["generateKeyFrame video"] ??
      0;
    const [frames, keyFrames] = [await live(), await made()];
    await near.setMembers([bundles[1], other.bundle]);
    await until(async () => (await made()) > keyFrames, 10_000);
    const joined = (await made()) - keyFrames;
    await until(async () => Math.max(...(await live())) > Math.max(...frames) + 10, 10_000);
    const goesOn = Math.max(...(await live())) - Math.max(...frames);
    const gone = (await near.stats()).streams.filter(
      ({ kind, state }) => kind === "video" && state === "sealed",
    ).length;
    await call.close();
    await end();
    await other.logOut();
    return { both, joined, goesOn, gone };
  },

  /**
   * Two connections with the same labels. Counts the events "sealed" of each sender and receiver,
   * and those of no known object.
   */
  async "whose state"() {
    const calls = [
      await near.join("matrix", { as: "near", keys: KEYS }),
      await far.join("matrix", { as: "far", keys: KEYS }),
    ];
    const objects = [];
    for (const call of calls)
      call.addEventListener("state", ({ rtpSender, rtpReceiver, state, direction }) => {
        if (state === "sealed") objects.push(direction === "seal" ? rtpSender : rtpReceiver);
      });
    const [call, watch] = calls;
    const options = { wire: "same-task", call, watch, label: "camera" };
    const pairs = [await connect(options), await connect(options)];
    const known = pairs.flatMap(({ senders, b }) => [...senders, ...b.getReceivers()]);
    const count = (object) => objects.filter((one) => one === object).length;
    await until(() => known.every(count));
    const result = {
      counts: known.map(count),
      strange: objects.filter((object) => !known.includes(object)).length,
    };
    for (const pair of pairs) await finish(pair);
    for (const one of calls) await one.close();
    return result;
  },

  /** Two senders without a label, and nine receivers of one track. */
  async refusals() {
    const call = await near.join("refusals", { as: "near", keys: KEYS });
    const [first, second] = [media[1].clone(), media[1].clone()];
    const pcs = Array.from({ length: 12 }, () => new RTCPeerConnection(call.configuration()));
    const result = { errors: [] };
    const seal = (pc, track, options) => {
      const sender = pc.addTrack(track, new MediaStream());
      attempt(result, () => call.seal(sender, options));
      return sender;
    };
    seal(pcs[0], first);
    seal(pcs[1], first); // the same track: a mesh
    const refused = seal(pcs[2], second);
    await until(() => refused.track === null); // its track is removed some tasks later
    const tracks = [refused.track];
    attempt(result, () => call.seal(refused, { track: "screen" }));
    await refused.replaceTrack(second);
    seal(pcs[3], second, { track: "screen" });
    first.stop();
    seal(pcs[4], second); // no live sender is without a label
    const receivers = pcs.map((pc) => pc.addTransceiver("video").receiver);
    const open = (receiver) => attempt(result, () => call.open(receiver, { from: "far" }));
    receivers.slice(0, 10).forEach(open);
    pcs[7].close();
    receivers[7].track.dispatchEvent(new Event("ended"));
    await sleep(50);
    open(receivers[10]);
    pcs.forEach((pc) => pc.close());
    second.stop();
    await call.close();
    return { errors: result.errors, tracks };
  },
};

async function inbound(pc) {
  return [...(await pc.getStats()).values()].filter(({ type }) => type === "inbound-rtp");
}

function decodedOf(views) {
  return Promise.all(
    views.map(
      async ({ pc }) =>
        (await inbound(pc)).find(({ kind }) => kind === "video")?.framesDecoded ?? 0,
    ),
  );
}

/** Concealed samples of sound, and all samples. */
function concealedOf(views) {
  return Promise.all(
    views.map(async ({ pc }) => {
      const {
        concealedSamples = 0,
        silentConcealedSamples = 0,
        totalSamplesReceived = 1,
      } = (await inbound(pc)).find(({ kind }) => kind === "audio") ?? {};
      return { concealed: concealedSamples - silentConcealedSamples, all: totalSamplesReceived };
    }),
  );
}

globalThis.ready = true;
