/**
 * A worker with one peer. It talks to the page through a port, because `postMessage` belongs to the
 * peer.
 */
import { startRuns } from "./runs.js";

self.onmessage = ({ data, ports: [port] }) => {
  self.onmessage = null;
  const starting = startRuns(data);
  // The page waits for the last answer before it sends another request.
  port.onmessage = async ({ data: request }) => {
    try {
      const run = await starting;
      port.postMessage({ value: request === "ready" ? true : await run(request) });
    } catch (error) {
      port.postMessage({ error: `${error?.stack ?? error}` });
    }
  };
};
