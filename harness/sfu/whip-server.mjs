// A server of ours that speaks WHIP and WHEP on loopback, and says "ready".
import { mediaAddress } from "../network.mjs";
import { freePorts, Workshop } from "../programs.mjs";

/** Milliseconds that a start may take. */
const START_LIMIT = 120_000;

/**
 * @param {string} name
 * @param {(places: { port: string, media: string }) => [string, string[]]} command the program and
 *   its arguments: `port` is for HTTP on 127.0.0.1, `media` the address of the candidates
 * @returns {Promise<import("./index.mjs").MediaServer>} once it answers
 */
export async function startWhipServer(name, command) {
  const [port] = await freePorts(1);
  const workshop = await Workshop.open(name);
  try {
    const places = { port: `${port}`, media: mediaAddress() };
    await workshop.run(...command(places)).says("ready", START_LIMIT);
  } catch (error) {
    await workshop.close();
    throw error;
  }
  const origin = `http://127.0.0.1:${port}`;
  const page = { client: "whip", url: `${origin}/{feed}/whip` };
  return { page, origins: [origin], close: () => workshop.close() };
}
