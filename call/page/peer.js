// What a member knows of another member.
import { render } from "/harness/page/media.js";
import { sleep } from "/harness/sleep.js";
import { MediaTimeline } from "./media-timeline.js";

/** Hertz of each member's microphone. */
export const TONES = { a: 440, b: 660, c: 880, d: 1100, e: 1320, f: 1540 };
/** Milliseconds in which a picture or a tone may come back: a busy machine stutters. */
const STUTTER = 2_000;

export class Peer {
  /** What plays its tracks, by kind. */
  screens = {};
  /** Candidates that came before its description. */
  candidates = [];
  /** Whether both sides know each other, so that it belongs on our roster. */
  admitted = false;
  /** Whether it was taken off our roster. */
  removed = false;
  /** The connection that its media come through. @type {RTCPeerConnection | undefined} */
  pc;
  #turn = Promise.resolve();
  #decoded = 0;

  /**
   * @param {{ id: string, name: string, device: string, bundle?: Uint8Array }} identity `id` is the
   *   relay's name for it
   * @param {Peer} [previous] the same member before it reloaded its page
   */
  constructor(identity, previous) {
    Object.assign(this, identity);
    this.decodedBefore = previous?.total ?? 0;
    this.timeline = previous?.timeline ?? new MediaTimeline(this);
    this.timeline.peer = this;
  }

  /** Pictures decoded by all its connections, as of the last `framesDecoded()`. */
  get total() {
    return this.decodedBefore + this.#decoded;
  }

  /** Pictures that its connection has decoded. */
  async framesDecoded() {
    if (!this.pc || this.pc.signalingState === "closed") return this.#decoded;
    const rows = [...(await this.pc.getStats()).values()];
    const video = rows.find(({ type, kind }) => type === "inbound-rtp" && kind === "video");
    this.#decoded = video?.framesDecoded ?? 0;
    return this.#decoded;
  }

  /** Replaces its connection. @param {RTCPeerConnection} pc */
  async connect(pc) {
    await this.framesDecoded();
    this.decodedBefore = this.total;
    this.#decoded = 0;
    this.pc?.close();
    this.pc = pc;
    return pc;
  }

  /** @param {MediaStreamTrack} track */
  play(track) {
    this.screens[track.kind] = render(track, TONES[this.name]);
  }

  isSeen() {
    return Boolean(this.screens.video?.ok() && this.screens.audio?.ok());
  }

  /** Whether its picture is shown, or its tone sounds, now or soon. */
  async comes(kind, limit = STUTTER) {
    const screen = this.screens[kind];
    for (const end = performance.now() + limit; screen && performance.now() < end; ) {
      if (screen.ok()) return true;
      await sleep(100);
    }
    return screen?.ok() ?? false;
  }

  /** Does one thing after the other with its connection. */
  inTurn(work) {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => {});
    return done;
  }

  /** Ends its connection. */
  async close() {
    await this.framesDecoded().catch(() => {});
    this.pc?.close();
  }
}
