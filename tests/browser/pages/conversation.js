// Two calls of one page exchange key messages, data and media.
import { camera, microphone, render } from "/harness/page/media.js";
import { Sealframe } from "/dist/index.js";
import { encoder, until } from "./profile.js";

/** Delivers the messages of each call to the call that they are for. */
export function relay(...calls) {
  for (const call of calls) {
    call.addEventListener("message", ({ to, bytes }) => {
      calls
        .find(({ self }) => self === to)
        ?.receive(bytes, call.self)
        .catch(() => {});
    });
  }
}

/** Whether one call opens data that the other seals, before a limit. */
export const reaches = (from, to, limit) =>
  until(async () => {
    const sealed = await from.sealData(encoder.encode("hello")).catch(() => undefined);
    const opened = sealed && (await to.openData(sealed, from.self).catch(() => undefined));
    return opened && new TextDecoder().decode(opened) === "hello";
  }, limit);

/**
 * Connects two calls of this page.
 * @returns whether one shows the picture that the other seals, and drops
 */
export async function shows(near, far) {
  const [a, b] = [
    new RTCPeerConnection(near.configuration()),
    new RTCPeerConnection(far.configuration()),
  ];
  a.onicecandidate = ({ candidate }) => b.addIceCandidate(candidate);
  b.onicecandidate = ({ candidate }) => a.addIceCandidate(candidate);
  let screen;
  b.ontrack = ({ receiver, track }) => {
    far.open(receiver, { from: near.self, track: "camera" });
    if (track.kind === "video") screen = render(track, 500);
  };
  const tracks = [microphone(500), camera()];
  for (const track of tracks) near.seal(a.addTrack(track), { track: "camera" });
  await a.setLocalDescription();
  await b.setRemoteDescription(a.localDescription);
  await b.setLocalDescription();
  await a.setRemoteDescription(b.localDescription);
  const shown = await until(() => screen?.ok(), near.limit);
  const drops = async () =>
    (await far.stats()).streams.some(({ dropped }) => Object.keys(dropped).length > 0);
  if (!shown) await until(drops);
  const { streams } = await far.stats();
  a.close();
  b.close();
  tracks.forEach((track) => track.stop());
  return { shown, dropped: Object.assign({}, ...streams.map(({ dropped }) => dropped)) };
}

/** A call between a device and a new one. @returns whether data and pictures pass */
export async function converse(sealframe, room) {
  const other = await Sealframe.start({ name: `${room} other`, legacy: "accept" });
  const [here, there] = [await sealframe.join(room), await other.join(room)];
  relay(here, there);
  await Promise.all([here.setMembers([other.bundle]), there.setMembers([sealframe.bundle])]);
  const data = (await reaches(here, there)) && (await reaches(there, here));
  const { shown } = await shows(here, there);
  await here.close();
  await other.logOut();
  return { data, shown };
}
