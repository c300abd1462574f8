/** The worker of @stream-io/video-client, driven by the messages of its EncryptionManager; AES-256-GCM. */
const USER = "p";

export async function startPipe({ peers, pause, secret }) {
  const { e2eeWorker } = await import(
    new URL("@stream-io/video-client/dist/e2ee-worker.browser.es.js", peers)
  );
  e2eeWorker();
  const send = (data) => self.dispatchEvent(new MessageEvent("message", { data }));
  const admit = (userId) =>
    send({ type: "cmd.set_key", userId, keyIndex: 0, rawKey: secret(userId).slice().buffer });
  admit(USER);
  await pause();
  return { connect: (direction, pipe, labels) => connect(send, direction, pipe, labels), admit };
}

function connect(send, direction, { readable, writable, row }, { sender = USER, track = "t" } = {}) {
  send({
    type: "cmd.setup_transform",
    operation: direction === "seal" ? "encode" : "decode",
    userId: sender,
    codec: row.codec,
    trackType: track,
    readable,
    writable,
  });
}
