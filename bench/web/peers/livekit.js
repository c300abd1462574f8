/**
 * The worker of livekit-client, driven by the messages that its E2EEManager sends: AES-256-GCM
 * by WebCrypto, no ratchet window.
 */
const PROVIDER = {
  sharedKey: false,
  ratchetSalt: "LKFrameEncryptionKey",
  ratchetWindowSize: 0,
  failureTolerance: 10,
  keyringSize: 16,
  keySize: 256,
};

const PAIR = { locals: ["alice"], senders: ["alice"] };

/** @param {{ peers: string, pause(): Promise<void>, secret(sender: string): Uint8Array }} context */
export async function startPipe({ peers, pause, secret }, { locals, senders } = PAIR) {
  await import(new URL("livekit-client/dist/livekit-client.e2ee.worker.mjs", peers));
  const handle = self.onmessage;
  const send = (kind, data) => handle({ data: { kind, data } });
  send("init", { keyProviderOptions: PROVIDER, loglevel: "silent" });
  for (const identity of new Set([...locals, ...senders])) {
    await admit(send, secret(identity), identity, locals.includes(identity));
  }
  await pause();
  return { connect: (direction, pipe, labels) => connect(send, direction, pipe, labels) };
}

async function admit(send, secret, participantIdentity, isPublisher) {
  send("enable", { enabled: true, participantIdentity });
  const key = await crypto.subtle.importKey("raw", secret, "HKDF", false, [
    "deriveBits",
    "deriveKey",
  ]);
  send("setKey", {
    participantIdentity,
    isPublisher,
    key,
    keyIndex: 0,
    updateCurrentKeyIndex: true,
  });
}

function connect(send, direction, { readable, writable, row }, { sender = "alice", track }) {
  send(direction === "seal" ? "encode" : "decode", {
    participantIdentity: sender,
    readableStream: readable,
    writableStream: writable,
    trackId: `${direction}-${sender}-${track}`,
    codec: row.codec === "opus" ? undefined : row.codec,
    hasPacketTrailer: false,
  });
}
