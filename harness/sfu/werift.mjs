// Our own SFU on werift (werift-server.mjs), in a process of its own.
import { fileURLToPath } from "node:url";
import { startWhipServer } from "./whip-server.mjs";

const server = fileURLToPath(new URL("werift-server.mjs", import.meta.url));

/** @returns {Promise<import("./index.mjs").MediaServer>} once it answers */
export function start() {
  return startWhipServer("werift", ({ port, media }) => [process.execPath, [server, port, media]]);
}
