/**
 * Names the codec of each frame of a sender's sound, by the frame's RTP payload type and the list
 * of codecs that the sender has.
 *
 * The media type of a frame is the encoder's, and an encoder may change the payload type from frame
 * to frame. Chromium (156) says "audio/red" of Opus that is too large for RED, and "audio/PCMU" of
 * comfort noise. The receiver's browser names the codec by the payload type.
 *
 * The page has the list. The codec is known if payload type and media type name the same codec, or
 * if the page confirmed the pair since the list came. Otherwise the page is asked. So a list from
 * before a negotiation that changed the meaning of a payload type is found out by the media type.
 */
import { codecNumber } from "./core.js";

/** RFC 3550 §5.1: payload types have 7 bits. */
const TYPES = 128;
/** No codec has this number. 0 is the number of a codec without a layout. */
const UNKNOWN = 255;
/** Milliseconds until the page is asked again, if its answer did not help. */
const ASK_AGAIN_MS = 500;
/** After this many questions without an answer, the delay counts as a fault. */
const LATE_QUESTIONS = 2;

const table = () => new Uint8Array(TYPES).fill(UNKNOWN);

export class PayloadTypes {
  readonly #ask: () => void;
  /** Codec numbers by media type and payload type. */
  readonly #known = new Map<string, Uint8Array>();
  /** Codec numbers of the sender's list, by payload type. */
  #list = table();
  /** The pair that the page is asked about. */
  #wanted = { mime: "", type: 0 };
  #questions = 0;
  /** The page is not asked before this time. */
  #next = -Infinity;

  /** `ask` makes the page send the list, which `take()` then gets. */
  constructor(ask: () => void) {
    this.#ask = ask;
  }

  /** Whether the page was asked in vain. */
  get late(): boolean {
    return this.#questions >= LATE_QUESTIONS;
  }

  /** The codec's number, 0 if it has no layout, or undefined until the page has answered. */
  codec(mime: string, type: number): number | undefined {
    const known = this.#known.get(mime)?.[type] ?? UNKNOWN;
    if (known !== UNKNOWN) return known;
    const own = codecNumber(mime);
    if (this.#list[type] === own) return this.#settle(mime, type, own);
    this.#askFor(mime, type);
    return undefined;
  }

  /**
   * Takes the sender's list, as payload types and media types. If the list is empty though frames
   * arrive, the browser has none, and the media type of the frame counts.
   */
  take(types: number[], mimes: string[]) {
    this.#list = table();
    types.forEach((type, at) => (this.#list[type] = codecNumber(mimes[at])));
    this.#known.clear();
    if (this.#questions === 0) return;
    const { mime, type } = this.#wanted;
    const number = types.length > 0 ? (this.#list[type] ?? UNKNOWN) : codecNumber(mime);
    if (number !== UNKNOWN) this.#settle(mime, type, number);
  }

  #settle(mime: string, type: number, number: number): number {
    const numbers = this.#known.get(mime) ?? table();
    numbers[type] = number;
    this.#known.set(mime, numbers);
    this.#questions = 0;
    this.#next = -Infinity;
    return number;
  }

  #askFor(mime: string, type: number) {
    const now = performance.now();
    if (now < this.#next) return;
    this.#next = now + ASK_AGAIN_MS;
    this.#wanted = { mime, type };
    this.#questions++;
    this.#ask();
  }
}
