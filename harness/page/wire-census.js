// Tells sealed frames from plaintext on the wire, without keys. It shares no code with the core.
import { parses } from "./codec-syntax.js";
import { sealedHeader, TAG_LEN } from "./sframe-header.js";

/** At most 63 frames of its sender may overtake a frame that still counts as a little late. */
const LATE = 64n;
/** At most 100,000 frames are lost between two frames that arrive. */
const LOST = 100_000n;
/** Frames with different counters under one KID that prove it to be a key's. */
const ENOUGH = 8;
/** A key of few frames begins with a counter below this, which all streams of a sender share. */
const YOUNG = 4096n;
/** Random bytes seldom repeat a KID above this. */
const LONG_KID = 1n << 40n;

/**
 * Tells sealed frames from plaintext, over all frames of one sender.
 *
 * A sealed frame names a KID and, under that KID, a counter that no other frame has. Within a
 * stream the counter grows. Codec data read the same way gives random KIDs and counters. So the
 * census judges frames by KID, and only when it counts them: a frame is plaintext if it parses as
 * codec data, and other frames do not use its KID as a key is used.
 */
export class Census {
  #groups = new Map();
  #strange = 0;
  #plaintext = 0;
  #known;

  /**
   * `known` are keys of this sender that an earlier census found. Without them the last frame or two
   * of a key would prove nothing.
   * @param {bigint[]} [known]
   */
  constructor(known = []) {
    this.#known = known;
  }

  /** @param {string} stream @param {string} mime @param {Uint8Array} wire */
  add(stream, mime, wire) {
    const header = sealedHeader(mime, wire);
    const parsed = parses(mime, wire);
    if (header) this.#group(stream, header.kid).add(header.ctr, wire, parsed);
    else if (parsed) this.#plaintext++;
    else this.#strange++;
  }

  /**
   * `strange` frames are damaged or of a codec unknown here. `late` frames were sealed before a
   * frame that arrived earlier. `keys` are KIDs that count as keys.
   */
  count(keys = this.keys()) {
    const total = { sealed: 0, plaintext: this.#plaintext, strange: this.#strange, late: 0 };
    for (const group of this.#groups.values()) {
      const isOne = (key) =>
        areNear(key, group.kid) || (group.isYoung && areEpochs(key, group.kid));
      const sealed = group.isSteady() && keys.some(isOne);
      total.sealed += sealed ? group.frames : 0;
      total.late += sealed ? group.late : 0;
      total.plaintext += sealed ? 0 : group.parsed;
      total.strange += sealed ? 0 : group.frames - group.parsed;
    }
    return total;
  }

  /**
   * KIDs that are used as those of keys are, and those known before. Another census of the same
   * sender may take them.
   */
  keys() {
    const found = [...this.#groups.values()].filter((group) => group.isKey());
    return [...new Set([...this.#known, ...found.map(({ kid }) => kid)])];
  }

  #group(stream, kid) {
    const name = `${stream} ${kid}`;
    if (!this.#groups.has(name)) this.#groups.set(name, new Group(kid));
    return this.#groups.get(name);
  }
}

/** The frames of one stream that name one KID. */
class Group {
  frames = 0;
  parsed = 0;
  late = 0;
  /** Whether its first counter is small. */
  isYoung = false;
  #odd = 0;
  #last = -1n;
  /**
   * Whether the first counter is below 8, as after a key change. One in 32 random frames has that.
   */
  #begins = false;
  #tags = new Map();

  constructor(kid) {
    this.kid = kid;
  }

  add(ctr, wire, parsed) {
    this.frames++;
    this.parsed += parsed ? 1 : 0;
    const tag = wire.subarray(-TAG_LEN).join();
    this.isYoung ||= this.frames === 1 && ctr < YOUNG;
    this.#begins ||= this.frames === 1 && this.kid > LONG_KID && ctr < 8n;
    const known = this.#tags.get(ctr);
    // Browsers deliver some frames twice.
    if (known === tag) return;
    this.#place(ctr, known !== undefined);
    this.#tags.set(ctr, tag);
  }

  /** On a bad network many frames are a little late. Random counters are far apart, or repeat. */
  #place(ctr, repeats) {
    const late = ctr <= this.#last;
    const little = ctr >= LATE && this.#last - ctr < LATE;
    this.late += late ? 1 : 0;
    if (repeats || (late && !little) || ctr > this.#last + LOST) this.#odd++;
    if (!late || !little) this.#last = ctr;
  }

  /** Loss and its repair put some frames out of order. The first frame of a call may be late. */
  isSteady() {
    return this.#odd <= Math.max(1, this.frames / 10);
  }

  isKey() {
    return this.isSteady() && (this.#tags.size >= ENOUGH || this.#begins || this.#repeats());
  }

  /** Random bytes do not repeat eight of their bytes in three frames with different counters. */
  #repeats() {
    return this.kid > LONG_KID && this.#tags.size >= 3 && this.#odd === 0;
  }
}

/** A key that has just been ratcheted has few frames, but its KID is close to its predecessor's. */
function areNear(a, b) {
  const distance = a > b ? a - b : b - a;
  return distance === 0n || (distance <= 64n && a > 64n);
}

/**
 * Whether these can be KIDs of two epochs of a group, not far from each other. RFC 9605 §5.2: 16
 * random bits, the leaf, and the last 8 bits of the epoch's number.
 */
function areEpochs(a, b) {
  const distance = (a - b) & 0xffn;
  return isOfGroup(a) && isOfGroup(b) && (distance <= 8n || distance >= 248n);
}

const isOfGroup = (kid) => kid > 0xffffn && kid <= 0xffffffffn;
