// A mediasoup SFU, whose worker is built here on first use (build.mjs).
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { mediaAddress } from "../../network.mjs";
import { freePorts, Workshop } from "../../programs.mjs";
import { bundle, folder, worker } from "./build.mjs";

/** Milliseconds that a start may take. */
const START_LIMIT = 120_000;
const server = fileURLToPath(new URL("server.mjs", import.meta.url));

export { build as setup } from "./build.mjs";

/** @returns {Promise<import("../index.mjs").MediaServer>} once it answers */
export async function start() {
  const [port] = await freePorts(1);
  const workshop = await Workshop.open("mediasoup");
  try {
    const args = [server, `${port}`, mediaAddress(), folder];
    const env = { ...process.env, MEDIASOUP_WORKER_BIN: worker };
    await workshop.run(process.execPath, args, env).says("ready", START_LIMIT);
  } catch (error) {
    await workshop.close();
    throw error;
  }
  const url = `http://127.0.0.1:${port}`;
  return {
    page: { client: "mediasoup", url },
    origins: [url],
    roots: { "/mediasoup/": dirname(bundle) },
    close: () => workshop.close(),
  };
}
