// When the near side seals, by its role in the negotiation.
import { sleep } from "../pair.js";
import { answer, iframe } from "./cell.js";

export const SEALING = {
  "offerer, same task": async (cell) => {
    cell.add().forEach((sender) => cell.seal(sender));
    await cell.negotiate();
    return cell.outcome();
  },
  "offerer, a task later": async (cell) => {
    cell.add();
    await sleep(20);
    cell.senders.forEach((sender) => cell.seal(sender));
    await cell.negotiate();
    return cell.outcome();
  },
  "offerer, in ontrack": async (cell) => {
    cell.add();
    cell.a.ontrack = ({ transceiver }) => cell.seal(transceiver.sender);
    await cell.a.setLocalDescription();
    await cell.b.setRemoteDescription(cell.a.localDescription);
    for (const transceiver of cell.b.getTransceivers()) transceiver.direction = "sendrecv";
    await cell.b.setLocalDescription();
    await cell.a.setRemoteDescription(cell.b.localDescription);
    return cell.outcome(true);
  },
  "offerer, once connected": async (cell) => {
    cell.add();
    await cell.negotiate();
    await cell.connected();
    cell.senders.forEach((sender) => cell.seal(sender));
    return cell.outcome(true);
  },
  "offerer of an iframe, same task": async (cell) => {
    cell.enter(iframe);
    cell.add().forEach((sender) => cell.seal(sender));
    await cell.negotiate();
    return cell.outcome();
  },
  "offerer of an iframe, once connected": async (cell) => {
    cell.enter(iframe);
    cell.add();
    await cell.negotiate();
    await cell.connected();
    cell.senders.forEach((sender) => cell.seal(sender));
    return cell.outcome(true);
  },
  "offerer, once connected, with tones that wait": async (cell) => {
    cell.add();
    await cell.negotiate();
    await cell.connected();
    cell.senders[0].dtmf.insertDTMF("123456789", 100, 50);
    cell.senders.forEach((sender) => cell.seal(sender));
    return cell.outcome(true);
  },
  "answerer, same task": async (cell) => {
    await offered(cell);
    cell.add().forEach((sender) => cell.seal(sender));
    await answer(cell);
    return cell.outcome();
  },
  "answerer, a task later": async (cell) => {
    await offered(cell);
    cell.add();
    await sleep(20);
    cell.senders.forEach((sender) => cell.seal(sender));
    await answer(cell);
    return cell.outcome();
  },
  "answerer, in ontrack": async (cell) => {
    cell.a.ontrack = ({ transceiver, track }) => {
      transceiver.direction = "sendrecv";
      transceiver.sender.replaceTrack(cell.tracks.find(({ kind }) => kind === track.kind));
      cell.seal(transceiver.sender);
    };
    await offered(cell, "sendrecv");
    await answer(cell);
    return cell.outcome();
  },
  "answerer, once connected": async (cell) => {
    await offered(cell);
    cell.add();
    await answer(cell);
    await cell.connected();
    cell.senders.forEach((sender) => cell.seal(sender));
    return cell.outcome(true);
  },
};

async function offered({ a, b }, direction = "recvonly") {
  for (const kind of ["audio", "video"]) b.addTransceiver(kind, { direction });
  await b.setLocalDescription();
  await a.setRemoteDescription(b.localDescription);
}
