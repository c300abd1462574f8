// Runs the example of the README twice in one page, as Alice and as Bob. The test puts the example
// into `globalThis.example`.
import { Sealframe } from "/dist/index.js";

/** The number of opened frames on each side that shows that the example works. */
const ENOUGH = 30;

globalThis.scenarios = {
  async example() {
    const [alice, bob] = await Promise.all(["alice", "bob"].map(device));
    join(alice.signaling, bob.signaling);
    const [near, far] = await Promise.all([run(alice, bob), run(bob, alice)]);
    await connect(near.pc, far.pc);
    const streams = await Promise.all([near, far].map(({ call }) => bothWays(call)));
    await Promise.all([near, far].map(({ sealframe }) => sealframe.close()));
    return streams;
  },
};

/** Makes a device that later starts with the same name find. */
async function device(name) {
  const sealframe = await Sealframe.start({ name });
  const { bundle } = sealframe;
  await sealframe.close();
  return { name, bundle, signaling: {} };
}

/** Starts the device of this name, because two devices share the profile. */
function run({ name, signaling }, peer) {
  const stream = picture();
  return globalThis.example({
    Sealframe: { start: () => Sealframe.start({ name }) },
    ...{
      signaling,
      stream,
      iceServers: [],
      camera: stream.getTracks()[0],
      bob: { bundle: peer.bundle },
    },
  });
}

/** Signaling that delivers messages as soon as the other side listens. */
function join(near, far) {
  for (const [from, to] of [
    [near, far],
    [far, near],
  ]) {
    from.send = async (_, bytes) => {
      while (!to.onmessage) await later();
      to.onmessage({ bytes });
    };
  }
}

function picture() {
  const canvas = Object.assign(document.createElement("canvas"), { width: 160, height: 120 });
  const context = canvas.getContext("2d");
  setInterval(() => {
    context.fillStyle = `hsl(${performance.now() / 10}, 80%, 50%)`;
    context.fillRect(0, 0, canvas.width, canvas.height);
  }, 40);
  return canvas.captureStream(25);
}

async function connect(near, far) {
  near.onicecandidate = ({ candidate }) => far.addIceCandidate(candidate);
  far.onicecandidate = ({ candidate }) => near.addIceCandidate(candidate);
  await near.setLocalDescription();
  await far.setRemoteDescription(near.localDescription);
  await far.setLocalDescription();
  await near.setRemoteDescription(far.localDescription);
}

/** The streams of the call, once frames went both ways. The test has a time limit. */
async function bothWays(call) {
  for (;;) {
    const { streams } = await call.stats();
    if (streams.length === 2 && streams.every(({ frames }) => frames > ENOUGH)) return streams;
    await later();
  }
}

function later() {
  return new Promise((resolve) => setTimeout(resolve, 50));
}

globalThis.ready = true;
