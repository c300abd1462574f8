// When pictures and tones of one member came out of the call. Gaps in media are measured with it.
import { sleep } from "/harness/sleep.js";
import { now } from "./clock.js";

/** Milliseconds between two looks. */
const STEP = 40;
/** Milliseconds within which a picture must be followed by others to count as recovered. */
const FOLLOWED = 1_000;

export class MediaTimeline {
  /** When a new picture was shown, and when the tone sounded. */
  video = [];
  audio = [];
  /** How many pictures had been decoded at each of the times of `video`. */
  #counts = [];
  #decoded = 0;
  #isOver = false;

  /** @param {import("./peer.js").Peer} peer the member that sends */
  constructor(peer) {
    this.peer = peer;
    this.#watch();
  }

  stop() {
    this.#isOver = true;
  }

  /** Forgets the past, for calls that last for hours. */
  forget() {
    for (const times of [this.video, this.audio, this.#counts]) times.splice(0, times.length - 1);
  }

  /**
   * Milliseconds from `since` to the first picture that `enough` others follow within a second, or
   * undefined. It counts decoded pictures, because a busy page looks at few of them.
   */
  recovered(since, enough) {
    const first = this.video.findIndex((time, i) => time > since && this.#isFollowed(i, enough));
    return first < 0 ? undefined : this.video[first] - since;
  }

  #isFollowed(i, enough) {
    const { video } = this;
    return video.some(
      (time, j) =>
        j > i && time - video[i] <= FOLLOWED && this.#counts[j] - this.#counts[i] >= enough,
    );
  }

  async #watch() {
    while (!this.#isOver) {
      await this.#look().catch(() => {});
      await sleep(STEP);
    }
  }

  /** A picture counts if it was decoded just now and is the one that was sent. */
  async #look() {
    const { screens } = this.peer;
    if (screens.audio?.ok()) this.audio.push(now());
    const decoded = await this.peer.framesDecoded();
    const isNew = decoded > 0 && decoded !== this.#decoded;
    this.#decoded = decoded;
    if (!isNew || !screens.video?.ok()) return;
    this.video.push(now());
    this.#counts.push(decoded);
  }
}
