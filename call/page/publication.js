import { keepSize, LAYERS } from "/harness/page/media.js";

/** A connection that sends our tracks to an SFU. @param {import("./member.js").Member} member */
export async function publication(member) {
  const { simulcast } = member.options;
  const pc = new RTCPeerConnection(member.configuration());
  for (const track of member.tracks) {
    const sendEncodings = simulcast && track.kind === "video" ? LAYERS : [{}];
    const transceiver = pc.addTransceiver(track, { direction: "sendonly", sendEncodings });
    member.seal(transceiver);
    if (simulcast) await keepSize(transceiver.sender);
  }
  return pc;
}
