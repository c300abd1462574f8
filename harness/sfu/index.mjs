// The servers that media can pass, for `--via`. It imports Node's own modules only, because the
// options of `npm run call` are read before `npm ci`.

/**
 * A server that runs.
 * @typedef {object} MediaServer
 * @property {{ client: string, url?: string, configuration?: object }} page what the pages of a call
 *   need: which client reaches the server (call/page/sfu-path.js), at which address, and what to
 *   configure of connections. The client "direct" connects each with each
 * @property {string[]} origins that pages connect to
 * @property {Record<string, string>} [roots] folders that pages import from, by URL
 * @property {() => Promise<void>} close
 */

/**
 * `load` returns the module whose `start(address)` starts the server. If it needs to be installed or
 * built, the module has a `setup()`, which is quick if nothing is missing. `simulcast` tells that it
 * changes between the layers of a sender. Firefox does not reach an `isLite` server (ICE-lite) on
 * loopback.
 */
const SERVERS = {
  janus: { simulcast: true, load: () => import("./janus.mjs") },
  mediasoup: { simulcast: true, isLite: true, load: () => import("./mediasoup/index.mjs") },
  pion: { simulcast: true, load: () => import("./pion.mjs") },
  str0m: { simulcast: true, load: () => import("./str0m.mjs") },
  turn: { simulcast: false, load: () => import("./turn.mjs") },
  werift: { simulcast: false, load: () => import("./werift.mjs") },
  whip: { simulcast: false, load: () => import("./whip.mjs") },
};

/** What `--via` takes for a server. `whip` needs an address. */
export const NAMES = Object.keys(SERVERS);

/** The parts of a `via` such as "janus" or "whip=https://sfu.example/{feed}/whip". */
export function partsOf(via) {
  const [, name, , address] = /^([^=]*)(=(.*))?$/s.exec(via);
  return { name, address };
}

export function hasSimulcast(via) {
  return SERVERS[partsOf(via).name]?.simulcast ?? false;
}

export function isLite(via) {
  return SERVERS[partsOf(via).name]?.isLite ?? false;
}

/** @param {string} via as `partsOf` takes it @returns {Promise<MediaServer>} once it answers */
export async function startServer(via) {
  const { name, address } = partsOf(via);
  await setupServer(via);
  const { start } = await SERVERS[name].load();
  return start(address);
}

/** Installs and builds what `startServer` needs: in a private network nothing can be fetched. */
export async function setupServer(via) {
  const { setup } = await SERVERS[partsOf(via).name].load();
  await setup?.();
}
