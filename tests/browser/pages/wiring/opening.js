// When the near side opens what the far side seals.
import { sleep } from "../pair.js";
import { answer, farCall, iframe, LISTEN, PATIENCE } from "./cell.js";

export const OPENING = {
  "recvonly offerer, same task": async (cell) => {
    cell.receivers = ["audio", "video"].map(
      (kind) => cell.a.addTransceiver(kind, { direction: "recvonly" }).receiver,
    );
    cell.receivers.forEach((receiver) => cell.open(receiver));
    return answered(cell);
  },
  "recvonly offerer, in ontrack": async (cell) => {
    for (const kind of ["audio", "video"]) cell.a.addTransceiver(kind, { direction: "recvonly" });
    cell.a.ontrack = ({ receiver }) => cell.open(receiver);
    return answered(cell);
  },
  "recvonly offerer, once connected": async (cell) => {
    cell.receivers = ["audio", "video"].map(
      (kind) => cell.a.addTransceiver(kind, { direction: "recvonly" }).receiver,
    );
    return answered(cell, () => cell.receivers.forEach((receiver) => cell.open(receiver)));
  },
  "sendrecv offerer, in ontrack": async (cell) => {
    cell.add().forEach((sender) => cell.seal(sender));
    cell.a.ontrack = ({ receiver }) => cell.open(receiver);
    return answered(cell);
  },
  "recvonly answerer, in ontrack": async (cell) => {
    cell.a.ontrack = ({ receiver }) => cell.open(receiver);
    sendFar(cell);
    await cell.negotiate(cell.b, cell.a);
    return opened(cell);
  },
  "recvonly answerer of an iframe, in ontrack": async (cell) => {
    cell.enter(iframe);
    cell.a.ontrack = ({ receiver }) => cell.open(receiver);
    sendFar(cell);
    await cell.negotiate(cell.b, cell.a);
    return opened(cell);
  },
  "recvonly answerer, one track on two connections": async (cell) => {
    for (let i = 0; i < 2; i++) {
      if (i > 0) cell.connect(new RTCPeerConnection(cell.near()));
      cell.a.ontrack = ({ receiver }) => cell.open(receiver);
      sendFar(cell);
      await cell.negotiate(cell.b, cell.a);
    }
    return opened(cell, 4);
  },
  "recvonly answerer, once connected": async (cell) => {
    sendFar(cell);
    await cell.negotiate(cell.b, cell.a);
    await cell.connected();
    cell.a.getReceivers().forEach((receiver) => cell.open(receiver));
    return opened(cell);
  },
};

/** The far side answers and sends media. */
async function answered(cell, later) {
  await cell.a.setLocalDescription();
  await cell.b.setRemoteDescription(cell.a.localDescription);
  for (const transceiver of cell.b.getTransceivers()) {
    farCall.seal(transceiver.sender, { track: cell.label });
    transceiver.direction = "sendrecv";
    await transceiver.sender.replaceTrack(
      cell.tracks.find(({ kind }) => kind === transceiver.receiver.track.kind),
    );
  }
  await answer({ a: cell.b, b: cell.a });
  await cell.connected();
  later?.();
  return opened(cell);
}

function sendFar(cell) {
  const senders = cell.tracks.map((track) => cell.b.addTrack(track));
  senders.forEach((sender) => farCall.seal(sender, { track: cell.label }));
}

async function opened(cell, streams = 2) {
  const count = async () => {
    const { streams } = await cell.call.stats();
    return streams.filter(
      ({ direction, track, frames }) => direction === "open" && track === cell.label && frames > 5,
    ).length;
  };
  for (let i = 0; i < PATIENCE && cell.errors.length === 0 && (await count()) < streams; i++)
    await sleep(LISTEN);
  const codes = [...new Set(cell.errors)].join(", ");
  return codes || ((await count()) === streams ? "opened" : "silence");
}
