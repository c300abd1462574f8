// One start from the folder that this page is in, for start.test.mjs.
import { Sealframe, SealframeError } from "./index.js";

// Makes long time limits short.
const { setInterval } = globalThis;
if (location.hash === "#impatient")
  globalThis.setInterval = (act, milliseconds, ...rest) =>
    setInterval(act, milliseconds / 20, ...rest);

/**
 * Starts.
 * @returns "started" or the fields of the error. With a passphrase it also loads the Argon2 module,
 *   with a group the MLS module.
 */
globalThis.start = async ({ passphrase, group, ...options }) => {
  try {
    const sealframe = await Sealframe.start({ device: Boolean(group), ...options });
    if (group) await sealframe.join("room", { group }).finally(() => sealframe.close());
    if (passphrase)
      await sealframe.join("room", { as: "me", passphrase }).finally(() => sealframe.close());
    await sealframe.close();
    return "started";
  } catch (error) {
    const { code, message, ...fields } = error;
    return error instanceof SealframeError ? { code, message, ...fields } : String(error);
  }
};
/** A worker dies in a call. @returns how the call ends, and how many workers it started */
globalThis.outlive = async () => {
  const { Worker } = globalThis;
  const workers = [];
  globalThis.Worker = class extends Worker {
    constructor(...how) {
      workers.push(super(...how));
    }
  };
  const sealframe = await Sealframe.start({ device: false });
  const call = await sealframe.join("room", { as: "me", keys: { me: new Uint8Array(32) } });
  const ended = new Promise((done) => call.addEventListener("error", done));
  workers[0].terminate();
  workers[0].onerror(new Event("error"));
  const { code } = await ended;
  return { code, workers: workers.length };
};
globalThis.ready = true;
