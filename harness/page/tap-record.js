// What passed a tap, counted and kept, for tests.
import { sealedHeader } from "./sframe-header.js";
import { Census } from "./wire-census.js";

/** At most 24 MiB of frames are kept. */
const KEPT = 24 << 20;

/** Milliseconds of the epoch, as in every page. */
const now = () => performance.timeOrigin + performance.now();

export class Record {
  #census = new Census();
  /** Frames that this worker was given, and the codecs that they report, by direction and kind. */
  #given = {};
  #codecs = {};
  /** Censuses of single tracks. @type {Map<string, Census>} */
  #tracks = new Map();
  /** Requests for key frames, by method and kind. "reset" keeps them. */
  #asked = {};
  /** Frames that the worker let pass, by sender and kind: how many, and when the last one did. */
  #passed = {};
  /** When each frame to open came, and when each opened frame left. */
  #moments = [];
  /** Digests of the frames as encoders make them and as decoders get them. */
  #clear = { seal: [], open: [] };
  #frames = [];
  #bytes = 0;
  /** Bandwidth probes repeat old packets, even seconds later. A frame counts once. */
  #seen = new Set();

  /** Questions of the page, by name. */
  questions = {
    census: () => ({
      ...this.#census.count(),
      given: this.#given,
      asked: this.#asked,
      codecs: this.#listed(),
      clear: this.#clear,
    }),
    frames: ({ count }) => this.#frames.splice(0, count),
    passed: () => this.#passed,
    opened: ({ sender, since }) => ({
      video: this.#openings(sender, "video", since),
      audio: this.#openings(sender, "audio", since),
    }),
    first: ({ sender, since }) => ({
      came: this.#firstOf("came", sender, since),
      left: this.#firstOf("left", sender, since),
    }),
    track: ({ track }) => (this.#tracks.get(track) ?? new Census()).count(this.#census.keys()),
  };

  orders = {
    reset: () => {
      this.#census = new Census(this.#census.keys());
      [this.#given, this.#codecs, this.#tracks] = [{}, {}, new Map()];
    },
  };

  /** @param {RTCRtpScriptTransformer} transformer */
  begin({ options }) {
    const { kind } = options;
    return {
      arrived: (frame) => this.#arrived(frame, options),
      left: (frame) => this.#left(frame, options),
      forged: (count) => (this.#given[`forged ${kind}`] = this.#count(`forged ${kind}`) + count),
      asked: (method) => {
        const name = `${method} ${kind}`;
        this.#asked[name] = (this.#asked[name] ?? 0) + 1;
      },
    };
  }

  #arrived(frame, { direction, kind, sender, track }) {
    const name = `${direction} ${kind}`;
    const empty = frame.data.byteLength === 0;
    const given = empty ? `empty ${name}` : name;
    this.#given[given] = this.#count(given) + 1;
    this.#codecs[name] ??= new Set();
    this.#codecs[name].add(frame.getMetadata().mimeType?.split("/")[1]?.toLowerCase());
    if (direction === "seal") this.#clear.seal.push(digest(new Uint8Array(frame.data)));
    if (direction !== "open" || empty) return;
    this.#moments.push({ sender, kind, came: now() });
    this.#keep(frame, kind, sender, track);
  }

  #left(frame, { direction, kind, sender }) {
    const name = `${sender} ${kind}`;
    const left = now();
    this.#passed[name] = { frames: (this.#passed[name]?.frames ?? 0) + 1, last: left };
    if (direction !== "open") return;
    this.#moments.push({ sender, kind, left });
    this.#clear.open.push(digest(new Uint8Array(frame.data)));
  }

  #keep(frame, kind, sender, track) {
    const wire = new Uint8Array(frame.data.slice(0));
    const codec = frame.getMetadata().mimeType || `${kind}/`;
    const mark = `${wire.length} ${wire.subarray(-24)}`;
    if (this.#seen.has(mark)) return;
    this.#seen.add(mark);
    this.#census.add(`${kind} ${track}`, codec, wire);
    if (!this.#tracks.has(track)) this.#tracks.set(track, new Census());
    this.#tracks.get(track).add(kind, codec, wire);
    this.#bytes += wire.length;
    if (this.#bytes <= KEPT) this.#frames.push(entry(frame, { kind, codec, sender, track, wire }));
  }

  #count(name) {
    return this.#given[name] ?? 0;
  }

  #listed() {
    const all = Object.entries(this.#codecs);
    return Object.fromEntries(all.map(([name, mimes]) => [name, [...mimes]]));
  }

  /** The time of that sender's first frame after `since`, or undefined. */
  #firstOf(event, sender, since) {
    const fits = (moment) => moment.sender === sender && moment[event] > since;
    return this.#moments.find(fits)?.[event];
  }

  #openings(sender, kind, since) {
    const fits = (moment) =>
      moment.sender === sender && moment.kind === kind && moment.left > since;
    return this.#moments.filter(fits).map(({ left }) => left);
  }
}

/** A frame as `npm run call -- --capture` writes it. */
function entry(frame, { kind, codec, sender, track, wire }) {
  const kid = sealedHeader(codec, wire)?.kid.toString() ?? null;
  const name = codec.split("/")[1]?.toLowerCase() ?? "";
  return { kind, codec: name, type: frame.type ?? null, sender, track, kid, wire };
}

/** Tells frames apart. It is not secure. @param {Uint8Array} bytes */
function digest(bytes) {
  let [a, b] = [0x811c9dc5, 0x9747b28c];
  for (const byte of bytes) {
    a = Math.imul(a ^ byte, 0x01000193);
    b = Math.imul(b ^ byte, 0x5bd1e995) ^ (b >>> 15);
  }
  return `${bytes.length} ${a >>> 0} ${b >>> 0}`;
}
