// What the watchdog reports about a call, and what still reaches the far side.
import { ask, sleep } from "./pair.js";

export function alarms(call) {
  const heard = [];
  for (const type of ["leak-stopped", "state"]) {
    call.addEventListener(type, ({ code, kind, sender, track, state, rtpSender }) =>
      heard.push({
        type,
        code,
        kind,
        sender,
        track,
        state,
        real: rtpSender instanceof RTCRtpSender,
        at: performance.now(),
      }),
    );
  }
  return heard;
}

/** Waits until no more plaintext reaches the far side, because frames may still be on their way. */
export async function drained() {
  const plaintext = async () => (await ask("census")).plaintext;
  for (let before = -1, now = await plaintext(); now > before; now = await plaintext()) {
    before = now;
    await sleep(500);
  }
}

/**
 * Changes the encodings. It tries again, because Chromium refuses a change during a request for a
 * key frame.
 */
export async function encodings(sender, active, tries = 5) {
  const parameters = sender.getParameters();
  parameters.encodings.forEach(
    (encoding, i) => (encoding.active = typeof active === "function" ? active(i) : active),
  );
  await sender
    .setParameters(parameters)
    .catch((error) => (tries > 0 ? encodings(sender, active, tries - 1) : Promise.reject(error)));
}
