// One track from one connection of the page to another. Scenarios can change the descriptions on
// their way.
import { render } from "/harness/page/media.js";
import { ask, far, key, near, tap, until } from "./pair.js";

export const KEYS = { near: key(1), far: key(2) };
const farCall = await far.join("flow", { as: "far", keys: KEYS });
const nearCall = await near.join("flow", { as: "near", keys: KEYS });
export const same = (sdp) => sdp;
let labels = 0;

/**
 * One track from a to b. `offer` and `answer` change descriptions on their way, `local` changes
 * them before setLocalDescription().
 */
export class Line {
  label = `line ${++labels}`;
  states = [];

  constructor({
    track,
    wants,
    call = nearCall,
    watch = farCall,
    offer = same,
    answer = same,
    local,
  }) {
    Object.assign(this, { track, call, watch, offer, answer, local });
    [this.a, this.b] = [call, watch].map((side) => new RTCPeerConnection(side.configuration()));
    this.a.onicecandidate = ({ candidate }) => this.b.addIceCandidate(candidate).catch(() => {});
    this.b.onicecandidate = ({ candidate }) => this.a.addIceCandidate(candidate).catch(() => {});
    this.b.ontrack = ({ receiver, track }) => {
      watch.open(receiver, { from: "near", track: this.label });
      this.played ??= render(track, 500);
    };
    this.transceiver = this.a.addTransceiver(track, { streams: [new MediaStream()] });
    this.sender = this.transceiver.sender;
    call.seal(this.sender, { track: this.label });
    if (wants) this.transceiver.setCodecPreferences(codecs(track.kind, wants));
    for (const side of new Set([call, watch])) {
      side.addEventListener("state", ({ direction, state, code, track }) => {
        if (track === this.label) this.states.push([direction, state, code].join(" ").trim());
      });
    }
  }

  async negotiate() {
    const { a, b, local } = this;
    await a.setLocalDescription(local && munged(await a.createOffer(), local));
    await b.setRemoteDescription(munged(a.localDescription, this.offer));
    await b.setLocalDescription(local && munged(await b.createAnswer(), local));
    await a.setRemoteDescription(munged(b.localDescription, this.answer));
    await until(() => a.connectionState === "connected", 10_000);
    return this;
  }

  /** The streams of this track at both ends. */
  async streams() {
    const of = async (call) =>
      (await call.stats()).streams.find(({ track }) => track === this.label);
    return { near: await of(this.call), far: await of(this.watch) };
  }

  async opened() {
    return (await this.streams()).far?.frames ?? 0;
  }
  seen() {
    return ask("track", tap, { track: this.label });
  }

  async result() {
    const { near, far } = await this.streams();
    return { near, far, seen: await this.seen(), states: this.states };
  }

  end() {
    this.a.close();
    this.b.close();
    this.track.stop();
  }
}

const munged = ({ type, sdp }, change) => ({ type, sdp: change(sdp) });

/** The codecs of these names, in this order. */
function codecs(kind, wants) {
  const all = RTCRtpReceiver.getCapabilities(kind).codecs;
  return wants.flatMap((name) =>
    all.filter(({ mimeType }) => mimeType.toLowerCase() === `${kind}/${name}`),
  );
}
