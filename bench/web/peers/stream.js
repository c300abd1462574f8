/**
 * The worker of @stream-io/video-client, driven by the messages of its EncryptionManager;
 * AES-256-GCM.
 */
const USER = "alice";

export async function startPipe({ peers, pause, secret }) {
  const { e2eeWorker } = await import(
    new URL("@stream-io/video-client/dist/e2ee-worker.browser.es.js", peers)
  );
  e2eeWorker();
  const send = (data) => self.dispatchEvent(new MessageEvent("message", { data }));
  send({ type: "cmd.set_key", userId: USER, keyIndex: 0, rawKey: secret(USER).buffer });
  await pause();
  return { connect: (direction, pipe, labels) => connect(send, direction, pipe, labels) };
}

function connect(send, direction, { readable, writable, row }, { track }) {
  send({
    type: "cmd.setup_transform",
    operation: direction === "seal" ? "encode" : "decode",
    userId: USER,
    codec: row.codec,
    trackType: track,
    readable,
    writable,
  });
}
