// The application: two Rooms of livekit-client in one page, without a server. `connect` and
// `publish` play the server's part: they carry data packets from Room to Room, and fire the events
// of a track that is published or subscribed. Media go over a connection within the page.
import { type RemoteParticipant, type RemoteTrack, Room, RoomEvent } from "livekit-client";
import type { Bundle } from "sealframe";
import { LiveKitManager } from "sealframe/livekit";
import {
  camera,
  codeOf,
  type Member,
  member,
  opened,
  pause,
  shown,
  until,
} from "../shared/media.js";
import { sealedRoom } from "./sealed.js";

interface Side extends Member {
  room: Room;
  manager: LiveKitManager;
  errors: string[];
  pc: RTCPeerConnection;
}

/** The library keeps this event to itself. */
interface SenderEvents {
  emit(event: "localSenderCreated", sender: RTCRtpSender, track: { source: string }): boolean;
}

/** A member with a Room. `roster` has the others, by their identities. */
async function side(name: string, call: Member, roster: Map<string, Bundle>): Promise<Side> {
  const { manager, room } = await sealedRoom(call.call, roster);
  room.localParticipant.identity = name;
  room.emit(RoomEvent.SignalConnected);
  const errors: string[] = [];
  room.on(RoomEvent.EncryptionError, ({ message }) => errors.push(message));
  const pc = new RTCPeerConnection(call.call.configuration());
  return { ...call, room, errors, pc, manager };
}

const participant = (identity: string) =>
  ({ identity, attributes: {} }) as unknown as RemoteParticipant;

/** Carries data packets to the Room that they are for. @returns the topics that it carried */
function connect(...sides: Side[]): string[] {
  const topics: string[] = [];
  for (const { room } of sides) {
    const { localParticipant, remoteParticipants } = room;
    const others = sides.filter((other) => other.room !== room);
    for (const { room } of others) {
      const { identity } = room.localParticipant;
      remoteParticipants.set(identity, participant(identity));
    }
    localParticipant.publishData = async (bytes, { topic, destinationIdentities } = {}) => {
      topics.push(topic ?? "");
      const from = participant(localParticipant.identity);
      for (const other of others)
        if (destinationIdentities?.includes(other.room.localParticipant.identity))
          other.room.emit(RoomEvent.DataReceived, bytes, from, undefined, topic);
    };
  }
  for (const { room } of sides)
    for (const other of room.remoteParticipants.values())
      room.emit(RoomEvent.ParticipantConnected, other);
  return topics;
}

/** Publishes a camera of `near`, and shows it at `far`, as their Rooms would. */
async function publish(near: Side, far: Side) {
  const { pc: a } = near;
  const { pc: b } = far;
  a.onicecandidate = ({ candidate }) => take(b, candidate);
  b.onicecandidate = ({ candidate }) => take(a, candidate);
  const { sender } = a.addTransceiver(camera(), { direction: "sendonly" });
  const local = near.room.localParticipant as unknown as SenderEvents;
  local.emit("localSenderCreated", sender, { source: "camera" });
  const arrived = new Promise<RTCTrackEvent>((resolve) => (b.ontrack = resolve));
  await a.setLocalDescription();
  await b.setRemoteDescription(a.localDescription as RTCSessionDescription);
  const { receiver, track } = await arrived;
  await pause(); // the library is as late
  const from = participant(near.room.localParticipant.identity);
  const subscribed = [{ receiver } as RemoteTrack, { source: "camera" } as never, from] as const;
  far.room.emit(RoomEvent.TrackSubscribed, ...subscribed);
  await b.setLocalDescription();
  await a.setRemoteDescription(b.localDescription as RTCSessionDescription);
  return { sender, track };
}

/** A connection that has been closed takes nothing. */
function take(pc: RTCPeerConnection, candidate: RTCIceCandidate | null) {
  if (pc.signalingState !== "closed") void pc.addIceCandidate(candidate ?? undefined);
}

async function two() {
  const [alice, bob] = [await member("alice", "room"), await member("bob", "room")];
  const atBob = new Map([["alice", alice.bundle]]);
  const sides = [
    await side("alice", alice, new Map([["bob", bob.bundle]])),
    await side("bob", bob, atBob),
  ] as const;
  return { near: sides[0], far: sides[1], atBob };
}

async function end(...sides: Side[]) {
  for (const { pc, sealframe } of sides) {
    pc.close();
    await sealframe.close();
  }
}

const scenarios = {
  /** A call. @returns what arrived */
  async call() {
    const { near, far } = await two();
    const topics = connect(near, far);
    await until(() => near.room.localParticipant.isE2EEEnabled);
    const { track } = await publish(near, far);
    const frames = await shown(track);
    const result = {
      frames,
      opened: await opened(far),
      topics: [...new Set(topics)],
      encrypted: [near.room.hasE2EESetup, near.room.localParticipant.isE2EEEnabled],
      errors: [...near.errors, ...far.errors],
    };
    await end(near, far);
    return result;
  },

  /** The application learns only later which device Alice has. @returns frames before and after */
  async "late roster"() {
    const { near, far, atBob } = await two();
    const alice = atBob.get("alice") as Bundle;
    atBob.clear();
    connect(near, far);
    const { track } = await publish(near, far);
    const before = await opened(far);
    atBob.set("alice", alice);
    far.manager.refresh();
    const frames = await shown(track);
    const result = { before: before.frames, frames, errors: far.errors };
    await end(near, far);
    return result;
  },

  /** @returns what publishing without encryption, and Rooms that are set up wrongly, end with */
  async wrong() {
    const { near, far } = await two();
    await until(() => near.room.localParticipant.isE2EEEnabled);
    await near.room.setE2EEEnabled(false);
    const refused = await codeOf(publish(near, far));
    const [stream] = (await near.call.stats()).streams;
    const make = async (option: "e2ee" | "encryption") => {
      const manager = new LiveKitManager(far.call, { deviceOf: () => undefined });
      return { manager, room: new Room({ [option]: { e2eeManager: manager } }) };
    };
    const { manager } = await make("e2ee");
    const twice = await codeOf((async () => new Room({ e2ee: { e2eeManager: manager } }))());
    const result = {
      refused,
      errors: near.errors,
      direction: stream?.direction,
      encryption: await codeOf(make("encryption")),
      twice,
    };
    await end(near, far);
    return result;
  },

  /** A frame of a data track. @returns its bytes at the other end, and the code for a stranger's */
  async data() {
    const { near, far } = await two();
    connect(near, far);
    const sent = Uint8Array.of(1, 2, 3);
    let bytes: number[] = [];
    const take = async () => {
      const { payload, iv } = await near.manager.encryptData(sent);
      const { payload: opened } = await far.manager.handleEncryptedData(payload, iv, "alice");
      bytes = [...opened];
    };
    while ((await codeOf(take())) === "unknown-key") await pause();
    const stranger = await codeOf(far.manager.handleEncryptedData(sent, sent, "mallory"));
    await end(near, far);
    return { bytes, stranger };
  },
};

Object.assign(globalThis, { scenarios, ready: true });
