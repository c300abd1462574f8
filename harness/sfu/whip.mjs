// A server that runs already and speaks WHIP and WHEP.

/** @param {string} url of WHIP, see `WhipClient` @returns {import("./index.mjs").MediaServer} */
export function start(url) {
  return { page: { client: "whip", url }, origins: [new URL(url).origin], close: async () => {} };
}
