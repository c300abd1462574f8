// When pictures and tones came out of a call: of what a gap in media is told.

/** How often is looked, in milliseconds. */
const STEP = 40;

export class Pulse {
  /** Milliseconds of the epoch, so that those of two pages compare. */
  times = { video: [], audio: [] };
  /** How many pictures there had been by each of the times of video. */
  counts = [];
  #decoded = 0;

  /**
   * @param {() => { pc?: RTCPeerConnection, screens: { video?: Screen, audio?: Screen } }} look
   * @typedef {{ ok(): boolean }} Screen
   */
  constructor(look) {
    this.look = look;
    this.timer = setInterval(() => this.#beat().catch(() => {}), STEP);
  }

  /**
   * Milliseconds from `since` to the first picture that `enough` others follow within a second, or
   * undefined. Counted are those decoded: a busy page looks at few of them.
   */
  recovered(since, enough) {
    const { video } = this.times;
    const follows = (i) => video.some((time, j) => j > i && time - video[i] <= 1000 && this.counts[j] - this.counts[i] >= enough);
    const first = video.findIndex((time, i) => time > since && follows(i));
    return first < 0 ? undefined : video[first] - since;
  }

  stop() {
    clearInterval(this.timer);
  }

  /** A picture counts once it is decoded and is the one that was sent; a tone if it sounds now. */
  async #beat() {
    const { pc, screens } = this.look();
    if (screens.audio?.ok()) this.times.audio.push(Date.now());
    const decoded = await framesDecoded(pc);
    const fresh = decoded > 0 && decoded !== this.#decoded;
    this.#decoded = decoded;
    if (!fresh || !screens.video?.ok()) return;
    this.times.video.push(Date.now());
    this.counts.push(decoded);
  }
}

async function framesDecoded(pc) {
  const stats = pc ? [...(await pc.getStats()).values()] : [];
  return stats.find(({ type, kind }) => type === "inbound-rtp" && kind === "video")?.framesDecoded ?? 0;
}
