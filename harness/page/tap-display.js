// What passed a tap, for people: samples of the wire a few times a second, and times. It can do to
// frames that arrive what a server could do to them. It keeps the newest frame of each swapped
// sender, and no other.

/** Milliseconds between two samples of a stream that the page watches. */
const PAUSE = { video: 120, audio: 240 };
/** Milliseconds between two samples of any other stream: enough to notice its key. */
const GLANCE = 1000;
/** Milliseconds between two ticks for the page, whose own timers are slow in a hidden tab. */
const TICK = 50;
/** Milliseconds between two reports of times. */
const SECOND = 1000;
/** At most 200 video frames, the last ones, are timed together. */
const RECENT = 200;
/** The share of frames that is taken away if frames are to be lost. */
const LOSS = 0.2;

/**
 * @typedef {object} Wishes what the page wants
 * @property {boolean} flip whether one bit of each frame that arrives flips
 * @property {boolean} lose whether every fifth frame, at random, is taken away
 * @property {string[]} swap two senders whose pictures trade places, or nobody
 * @property {string[]} watch streams, each a sender and a track with a blank between them
 * @property {string[]} every streams of which every frame is sampled
 */

export class Display {
  /** @type {Wishes} */
  #wishes = { flip: false, lose: false, swap: [], watch: [], every: [] };
  #receivers = new Set();
  #times = { seal: new Times(), open: new Times() };
  /** The newest picture of each swapped sender. @type {Map<string, ArrayBuffer>} */
  #newest = new Map();
  #lost = 0;
  #report;

  /** @param {(message: object) => void} report */
  constructor(report) {
    this.#report = report;
    setInterval(() => report({ type: "tick" }), TICK);
    setInterval(() => {
      const [seal, open] = [this.#times.seal.summary(), this.#times.open.summary()];
      report({ type: "times", seal, open });
    }, SECOND);
  }

  /**
   * Questions of the page, by name. The answer of `wish` says that no earlier wish has an effect on
   * a later frame, and how many frames were taken away so far.
   */
  questions = {
    wish: ({ wishes }) => {
      Object.assign(this.#wishes, wishes);
      if (this.#wishes.swap.length === 0) this.#newest.clear();
      return { lost: this.#lost };
    },
  };

  /** Orders of the page, by name. */
  orders = { "key-frame": () => this.#requestKeyFrames() };

  /** @param {RTCRtpScriptTransformer} transformer */
  begin(transformer) {
    const { direction, kind, sender, track } = transformer.options;
    const name = `${sender} ${track}`;
    const stream = { direction, kind, sender, track, name, sampledAt: 0, readAt: 0 };
    const incoming = direction === "open";
    if (incoming && kind === "video") this.#receivers.add(transformer);
    return {
      arrived: (frame) => {
        stream.readAt = performance.now();
        return !incoming || this.#arrived(frame, stream);
      },
      left: (frame) => {
        if (kind === "video") this.#times[direction].add(performance.now() - stream.readAt);
        if (!incoming) this.#look(frame, stream, false);
      },
      forged() {},
      asked() {},
    };
  }

  /** @returns whether the frame goes on to the worker */
  #arrived(frame, stream) {
    const { flip, lose } = this.#wishes;
    if (lose && Math.random() < LOSS) {
      this.#lost++;
      return false;
    }
    if (!this.#swapped(frame, stream)) return false;
    this.#look(frame, stream, flip && flipOneBit(frame));
    stream.readAt = performance.now();
    return true;
  }

  /** Puts another sender's picture in. @returns false if there is none yet, so that none goes on */
  #swapped(frame, { sender, track }) {
    const { swap } = this.#wishes;
    if (track !== "camera" || !swap.includes(sender)) return true;
    const other = this.#newest.get(swap.find((one) => one !== sender));
    this.#newest.set(sender, frame.data.slice(0));
    if (other) frame.data = other.slice(0);
    return other !== undefined;
  }

  #look(frame, stream, flipped) {
    const { watch, every } = this.#wishes;
    const { direction, kind, sender, track } = stream;
    const time = performance.now();
    const pause = watch.includes(stream.name) ? PAUSE[kind] : GLANCE;
    if (!every.includes(stream.name) && time - stream.sampledAt < pause) return;
    stream.sampledAt = time;
    const { mimeType: mime = "" } = frame.getMetadata();
    const sample = { direction, kind, sender, track, flipped, mime, key: frame.type === "key" };
    this.#report({ type: "frame", ...sample, bytes: frame.data });
  }

  #requestKeyFrames() {
    this.#receivers.forEach((receiver) =>
      receiver.sendKeyFrameRequest().catch(() => this.#receivers.delete(receiver)),
    );
  }
}

/** Milliseconds that frames took. */
class Times {
  #taken = [];
  #news = 0;

  add(milliseconds) {
    this.#news++;
    this.#taken.push(milliseconds);
    if (this.#taken.length > RECENT) this.#taken.shift();
  }

  /** Microseconds, or undefined if no frame came since the last summary. */
  summary() {
    if (this.#news === 0) return undefined;
    this.#news = 0;
    const sorted = this.#taken.toSorted((a, b) => a - b);
    const quantile = (share) => sorted[Math.floor((sorted.length - 1) * share)] * 1000;
    return { p50: quantile(0.5), p99: quantile(0.99) };
  }
}

/** Any bit of the frame may flip: the tag binds the window too. */
function flipOneBit(frame) {
  const bytes = new Uint8Array(frame.data);
  if (bytes.length === 0) return false;
  bytes[Math.floor(Math.random() * bytes.length)] ^= 1 << Math.floor(Math.random() * 8);
  frame.data = bytes.buffer;
  return true;
}
