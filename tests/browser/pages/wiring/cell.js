// One cell of the matrix: two connections, whose near side is wired in some way. The tap of the far
// side judges the frames that arrive under the label of the cell.
import { camera, microphone } from "/harness/page/media.js";
import { ask, far, FIREFOX, key, near, sleep, tap, withoutTransforms } from "../pair.js";

const KEYS = { near: key(1), far: key(2) };
const SMALL = { width: 160, height: 120 };
export const media = [microphone(500), camera(SMALL)];

/** Milliseconds of media that a cell is judged by. */
export const LISTEN = 700;

/** A cell without frames waits at most 60 times as long. */
export const PATIENCE = 60;
/** Milliseconds in which frames are still on their way. */
const FLIGHT = 500;
export const farCall = await far.join("wiring", { as: "far", keys: KEYS });
export const calls = { script: await near.join("wiring", { as: "near", keys: KEYS }) };

if (!FIREFOX)
  calls.streams = await (await withoutTransforms()).join("wiring", { as: "near", keys: KEYS });

/** Another realm, whose classes this page's `instanceof` does not know. */
export const iframe = document.body.appendChild(document.createElement("iframe")).contentWindow;
let cells = 0;

/** Two connections, and the errors of the near one. */
export class Cell {
  label = `cell ${++cells}`;
  errors = [];
  connections = [];
  tracks = media.map((track) => track.clone());

  constructor({ path, flag }) {
    this.call = calls[path];
    this.near = () => (flag ? this.call.configuration() : {});
    this.connect(new RTCPeerConnection(this.near()));
  }

  connect(a) {
    const b = new RTCPeerConnection(farCall.configuration());
    a.onicecandidate = ({ candidate }) => b.addIceCandidate(candidate);
    b.onicecandidate = ({ candidate }) => a.addIceCandidate(candidate);
    b.ontrack = ({ receiver }) => farCall.open(receiver, { from: "near", track: this.label });
    this.connections.push(a, b);
    Object.assign(this, { a, b });
  }

  /** Replaces the connections with one of another realm. */
  enter(realm) {
    this.connections.splice(0).forEach((connection) => connection.close());
    this.connect(new realm.RTCPeerConnection(this.near()));
  }

  add() {
    return (this.senders = this.tracks.map((track) => this.a.addTrack(track, new MediaStream())));
  }

  seal(sender) {
    this.attempt(() => this.call.seal(sender, { track: this.label }));
  }

  open(receiver) {
    this.attempt(() => this.call.open(receiver, { from: "far", track: this.label }));
  }

  attempt(act) {
    try {
      act();
    } catch (error) {
      this.errors.push(error.code ?? `${error.name}: ${error.message}`);
    }
  }

  async negotiate(from = this.a, to = this.b, change = (sdp) => sdp) {
    await from.setLocalDescription();
    await to.setRemoteDescription({ type: "offer", sdp: change(from.localDescription.sdp) });
    await to.setLocalDescription();
    await from.setRemoteDescription(to.localDescription);
  }

  async connected() {
    for (let i = 0; i < 1600 && this.a.connectionState !== "connected"; i++) await sleep(25);
  }

  /** The result: of all frames that arrived, or with `fresh` of those that arrive from now on. */
  async outcome(fresh = false) {
    if (fresh) await sleep(FLIGHT);
    const before = fresh ? await this.seen() : { sealed: 0, plaintext: 0 };
    const seen = { sealed: 0, plaintext: 0 };
    for (let i = 0; i < PATIENCE && seen.sealed < 20; i++) {
      await sleep(LISTEN);
      const now = await this.seen();
      for (const kind of Object.keys(seen)) seen[kind] = now[kind] - before[kind];
      if (this.errors.length > 0) break;
    }
    if (seen.plaintext > 0) return `PLAINTEXT (${seen.plaintext})`;
    const codes = [...new Set(this.errors)].join(", ");
    return codes || (seen.sealed > 0 ? "sealed" : "silence");
  }

  seen() {
    return ask("track", tap, { track: this.label });
  }

  end() {
    this.connections.forEach((connection) => connection.close());
    this.tracks.forEach((track) => track.stop());
  }
}

export async function answer({ a, b }) {
  await a.setLocalDescription();
  await b.setRemoteDescription(a.localDescription);
}
