// Records everything that crosses between a page and its workers.
import { thrown } from "./thrown.js";

/** All messages in both directions, and all options of transforms. */
export const said = [];
export const workers = [];

globalThis.Worker = class extends Worker {
  constructor(...args) {
    super(...args);
    workers.push(this);
    this.addEventListener("message", ({ data }) => said.push({ by: "worker", data }));
  }
  postMessage(data, transfer) {
    // Copied before the transfer. A port cannot be copied.
    if (!data?.port) said.push({ by: "page", data: structuredClone(data) });
    super.postMessage(data, transfer);
  }
};

globalThis.RTCRtpScriptTransform = class extends RTCRtpScriptTransform {
  constructor(worker, options, ...rest) {
    said.push({ by: "transform", data: structuredClone(options) });
    super(worker, options, ...rest);
  }
};

export const bytes = (length, fill = 7) => new Uint8Array(length).fill(fill);

export async function each(cases, what = thrown) {
  const results = {};
  for (const [name, act] of Object.entries(cases)) results[name] = await what(act);
  return results;
}
