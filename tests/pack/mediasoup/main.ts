// The application: members in one page, with mediasoup-client. `sealed.ts` has all that it adds for
// sealframe.
import { Device, type types } from "mediasoup-client";
import * as fake from "mediasoup-client/fakeParameters";
import type { Bundle, Call } from "sealframe";
import { camera, codeOf, member, opened, shown } from "../shared/media.js";
import { type Offered, options, publish, subscribe } from "./sealed.js";

const STRANGER = { id: "ab".repeat(16) } as Bundle;
const NOBODY = {} as Bundle;
/** Nobody is there. */
const CANDIDATE: types.IceCandidate = {
  ...{ foundation: "1", priority: 1, protocol: "udp", port: 9, type: "host" },
  ...{ address: "127.0.0.1", ip: "127.0.0.1" },
};
/** The SSRC and the media line of the last consumer: no two have the same. */
let [lastSsrc, lastLine] = [1000, 0];

const scenarios = {
  /**
   * Two transports to a server that does not exist, with mediasoup-client's own parameters.
   * @returns what the server hears, the streams, and how wrong calls end
   */
  async wiring() {
    const { sealframe, call } = await member("alone", "room");
    const { heard, to, from } = await standIn(call);
    const producer = await publish(call, to, camera(), "camera");
    const consumer = await subscribe(call, from, offer("camera"), STRANGER);
    const { streams } = await call.stats();
    const without = { ...offer(""), appData: {} } as Offered;
    const codes = {
      "no label": await codeOf(publish(call, to, camera(), undefined as unknown as string)),
      "no label offered": await codeOf(subscribe(call, from, without, STRANGER)),
      "no device": await codeOf(subscribe(call, from, offer("none"), NOBODY)),
      "beside a good one": await together(call, from),
    };
    await call.close();
    const late = camera();
    const closed = await codeOf(publish(call, to, late, "late"));
    await sealframe.close();
    const labels = streams.map(({ direction, kind, track, sender }) => [
      ...[direction, kind, track, sender === STRANGER.id],
    ]);
    return { heard, labels, codes, closed, label: producer.appData.label, open: !consumer.closed };
  },

  /** A call through a real server. @returns what arrived */
  async call(url: string) {
    const [alice, bob] = [await member("alice", "room"), await member("bob", "room")];
    alice.call.addEventListener("message", ({ bytes }) => bob.call.receive(bytes));
    bob.call.addEventListener("message", ({ bytes }) => alice.call.receive(bytes));
    await alice.call.setMembers([bob.bundle]);
    await bob.call.setMembers([alice.bundle]);
    const ask = async (what: string, body: object = {}) => {
      const init = { method: "POST", body: JSON.stringify(body) };
      return (await fetch(`${url}/room/${what}`, init)).json();
    };
    const device = await Device.factory();
    await device.load({ routerRtpCapabilities: await ask("capabilities") });
    const to = device.createSendTransport(options(alice.call, await ask("transport")));
    const from = device.createRecvTransport(options(bob.call, await ask("transport")));
    for (const transport of [to, from])
      transport.on("connect", ({ dtlsParameters }, done, failed) => {
        ask("connect", { transport: transport.id, dtlsParameters }).then(done, failed);
      });
    to.on("produce", (made, done, failed) => {
      ask("produce", { transport: to.id, ...made }).then(done, failed);
    });
    const { id: producer } = await publish(alice.call, to, camera(), "camera");
    const { rtpCapabilities } = device;
    const offered = await ask("consume", { transport: from.id, producer, rtpCapabilities });
    const consumer = await subscribe(bob.call, from, offered, alice.bundle);
    await ask("resume", { consumer: consumer.id });
    const frames = await shown(consumer.track);
    const result = { label: consumer.appData.label, frames, opened: await opened(bob) };
    await Promise.all([alice.sealframe.close(), bob.sealframe.close()]);
    return result;
  },
};

/** Transports to a server that forwards nothing, and what it hears. */
async function standIn(call: Call) {
  const device = await Device.factory();
  await device.load({ routerRtpCapabilities: fake.generateRouterRtpCapabilities() });
  const heard: unknown[] = [];
  // What comes from a server is not frozen, and its candidate is one that browsers take.
  const parameters = () =>
    options(call, {
      ...structuredClone(fake.generateTransportRemoteParameters()),
      iceCandidates: [CANDIDATE],
    });
  const [to, from] = [
    device.createSendTransport(parameters()),
    device.createRecvTransport(parameters()),
  ];
  for (const transport of [to, from]) transport.on("connect", (_, done) => done());
  to.on("produce", ({ appData }, done) => {
    heard.push(appData);
    done(fake.generateProducerRemoteParameters());
  });
  return { heard, to, from };
}

function offer(label: string): Offered {
  const made = fake.generateConsumerRemoteParameters({ codecMimeType: "video/VP8" });
  const { rtpParameters, ...others } = structuredClone(made);
  rtpParameters.mid = String(lastLine++);
  rtpParameters.encodings = [{ ssrc: ++lastSsrc, rtx: { ssrc: ++lastSsrc } }];
  return { ...others, rtpParameters, appData: { label } };
}

/** mediasoup-client makes these consumers in one step. The wrong one must not fail the other. */
async function together(call: Call, from: types.Transport) {
  const wrong = codeOf(subscribe(call, from, offer("wrong"), NOBODY));
  const good = codeOf(subscribe(call, from, offer("good"), STRANGER));
  return [await wrong, await good];
}

Object.assign(globalThis, { scenarios, ready: true });
