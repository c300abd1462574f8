// A client of WHIP (RFC 9725) and WHEP (draft-ietf-wish-whep): one POST has the offer with all
// candidates, and its response the answer. It knows nothing of keys. The caller protects the
// connections.
import { sleep } from "../sleep.js";

/** Milliseconds that gathering candidates may take. Those found by then are offered. */
const GATHERING = 3_000;
/** Milliseconds in which a server may say that it has no such feed, or is not ready. */
const LIMIT = 60_000;
/** Milliseconds between two attempts. */
const PAUSE = 250;
/** HTTP statuses that mean "try again": the feed is not there yet. */
const NOT_YET = [404, 409, 503];

export class WhipSession {
  #resource;

  /** @param {string | null} resource the session's own URL, if the server tells it */
  constructor(resource) {
    this.#resource = resource;
  }

  /** Publishes or subscribes with the connection, which has its transceivers. */
  static async open(/** @type {string} */ url, /** @type {RTCPeerConnection} */ pc) {
    await pc.setLocalDescription();
    await gathered(pc);
    const response = await post(url, pc.localDescription.sdp);
    await pc.setRemoteDescription({ type: "answer", sdp: await response.text() });
    const location = response.headers.get("location");
    return new WhipSession(location && new URL(location, url).href);
  }

  /**
   * Asks for a simulcast layer, as the layer extension of early WHEP drafts does. The servers in
   * harness/sfu have it at `/layer` of the session's URL.
   */
  async choose(/** @type {string} */ encodingId) {
    const headers = { "content-type": "application/json" };
    const body = JSON.stringify({ encodingId });
    const response = await fetch(`${this.#resource}/layer`, { method: "POST", headers, body });
    if (!response.ok) throw new Error(`layer ${encodingId}: ${response.status}`);
  }

  /** Ends the session. It does not wait for the server, which may be gone. */
  close() {
    if (!this.#resource) return;
    fetch(this.#resource, { method: "DELETE", keepalive: true }).catch(() => {});
  }
}

async function gathered(pc) {
  const end = performance.now() + GATHERING;
  while (pc.iceGatheringState !== "complete" && performance.now() < end) await sleep(20);
}

async function post(url, body) {
  const request = { method: "POST", headers: { "content-type": "application/sdp" }, body };
  for (const end = performance.now() + LIMIT; ; await sleep(PAUSE)) {
    const response = await fetch(url, request);
    if (response.ok) return response;
    const isLate = performance.now() > end;
    if (isLate || !NOT_YET.includes(response.status))
      throw new Error(`${url}: ${response.status} ${await response.text()}`);
  }
}
