/**
 * The worker of livekit-client, driven by the messages that its E2EEManager sends: AES-256-GCM
 * by WebCrypto, no ratchet window.
 */
const PARTICIPANT = "p";
const PROVIDER = {
  sharedKey: false,
  ratchetSalt: "LKFrameEncryptionKey",
  ratchetWindowSize: 0,
  failureTolerance: 10,
  keyringSize: 16,
  keySize: 256,
};

/** @param {{ peers: URL, pause(): Promise<void>, secret(sender: string): Uint8Array }} house */
export async function startPipe({ peers, pause, secret }) {
  await import(new URL("livekit-client/dist/livekit-client.e2ee.worker.mjs", peers));
  const handle = self.onmessage;
  const send = (kind, data) => handle({ data: { kind, data } });
  send("init", { keyProviderOptions: PROVIDER, loglevel: "silent" });
  await admit(send, secret, PARTICIPANT);
  await pause();
  return {
    connect: (direction, pipe, labels) => connect(send, direction, pipe, labels),
    admit: (sender) => admit(send, secret, sender),
  };
}

/** A key for a participant; the same for all would do as well. */
async function admit(send, secret, participantIdentity) {
  send("enable", { enabled: true, participantIdentity });
  const usages = ["deriveBits", "deriveKey"];
  const key = await crypto.subtle.importKey("raw", secret(participantIdentity), "HKDF", false, usages);
  send("setKey", { participantIdentity, isPublisher: true, key, keyIndex: 0, updateCurrentKeyIndex: true });
}

function connect(send, direction, { readable, writable, row }, { sender = PARTICIPANT, track = "t" } = {}) {
  send(direction === "seal" ? "encode" : "decode", {
    participantIdentity: sender,
    readableStream: readable,
    writableStream: writable,
    trackId: `${direction}-${track}`,
    codec: row.codec === "opus" ? undefined : row.codec,
    hasPacketTrailer: false,
  });
}
