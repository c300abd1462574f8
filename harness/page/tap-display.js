// What passed a tap, for people: samples of the wire a few times a second, and times. It can flip
// bits, as a server could. It keeps no frame.

/** Milliseconds between two samples of one stream. */
const PAUSE = { video: 120, audio: 240 };
/** Milliseconds between two ticks for the page, whose own timers are slow in a hidden tab. */
const TICK = 50;
/** Milliseconds between two reports of times. */
const SECOND = 1000;
/** At most 200 video frames, the last ones, are timed together. */
const RECENT = 200;

export class Display {
  #flip = false;
  #everyFrame = false;
  #receivers = new Set();
  #times = { seal: new Times(), open: new Times() };
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

  questions = {};

  /** Orders of the page, by name. */
  orders = {
    flip: ({ on }) => (this.#flip = on),
    "every-frame": ({ on }) => (this.#everyFrame = on),
    "key-frame": () => this.#requestKeyFrames(),
  };

  /** @param {RTCRtpScriptTransformer} transformer */
  begin(transformer) {
    const { direction, kind } = transformer.options;
    const stream = { direction, kind, incoming: direction === "open", sampledAt: 0, readAt: 0 };
    if (stream.incoming && kind === "video") this.#receivers.add(transformer);
    return {
      arrived: (frame) => {
        if (stream.incoming) this.#look(frame, stream);
        stream.readAt = performance.now();
      },
      left: (frame) => {
        if (kind === "video") this.#times[direction].add(performance.now() - stream.readAt);
        if (!stream.incoming) this.#look(frame, stream);
      },
      forged() {},
      asked() {},
    };
  }

  #look(frame, stream) {
    const { direction, kind, incoming } = stream;
    const flipped = this.#flip && incoming && flipOneBit(frame);
    const time = performance.now();
    const all = this.#everyFrame && incoming && kind === "video";
    if (!all && time - stream.sampledAt < PAUSE[kind]) return;
    stream.sampledAt = time;
    const { mimeType: mime = "" } = frame.getMetadata();
    const sample = { direction, kind, flipped, mime, key: frame.type === "key", bytes: frame.data };
    this.#report({ type: "frame", ...sample });
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
