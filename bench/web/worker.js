/** A worker with one peer in it. It talks to the page through a port: all else is the peer's. */
import { startRuns } from "./runs.js";

self.onmessage = ({ data, ports: [port] }) => {
  self.onmessage = null;
  const starting = startRuns(data);
  // The page sends no request before the answer to the last one.
  port.onmessage = async ({ data: request }) => {
    try {
      const run = await starting;
      port.postMessage({ value: request === "ready" ? true : await run(request) });
    } catch (error) {
      port.postMessage({ error: `${error?.stack ?? error}` });
    }
  };
};
