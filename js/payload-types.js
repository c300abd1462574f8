/**
 * Names the codec of a sender's sound, frame by frame, by the frame's RTP payload type and the sender's own list
 * of codecs. The media type that comes with a frame is the encoder's, and an encoder may change the payload type
 * from frame to frame: Chromium (156) says "audio/red" of Opus that is too large for RED, and "audio/PCMU" of
 * comfort noise. The receiver's browser says what they are.
 *
 * The page has the list. Where payload type and media type name the same codec, or the page has confirmed the
 * pair since the list came, the codec is known. Anything else is asked for, so a list from before a negotiation
 * that gave a payload type another meaning is found out by the media type.
 */
import { codecNumber } from "./engine.js";

/** Payload types of RTP have 7 bits (RFC 3550 §5.1). */
const TYPES = 128;
/** No codec has this number, nor is it 0, the number of a codec without a layout. */
const UNKNOWN = 255;
/** Milliseconds until the page is asked again where its answer did not help. */
const AGAIN = 500;
/** Questions without an answer after which this is no delay but a fault. */
const LATE = 2;

const table = () => new Uint8Array(TYPES).fill(UNKNOWN);

export class PayloadTypes {
  /** Numbers by media type and payload type. */
  #known = /** @type {Map<string, Uint8Array>} */ (new Map());
  /** What the sender's list says, by payload type. */
  #list = table();
  /** The pair that the page is asked about. */
  #wanted = { mime: "", type: 0 };
  #questions = 0;
  #next = -Infinity;

  /** @param {() => void} ask has the page send the list, which `take()` is then given */
  constructor(ask) {
    this.ask = ask;
  }

  /** Whether the page was asked in vain. */
  get late() { return this.#questions >= LATE; }

  /** The codec's number, 0 for one without a layout, or undefined until the page has said. @param {string} mime @param {number} type */
  codec(mime, type) {
    const known = this.#known.get(mime)?.[type] ?? UNKNOWN;
    if (known !== UNKNOWN) return known;
    const own = codecNumber(mime);
    if (this.#list[type] === own) return this.#settle(mime, type, own);
    this.#ask(mime, type);
    return undefined;
  }

  /** The list, as payload types and media types. A browser whose list is empty while frames come has none: then the media type counts. @param {number[]} types @param {string[]} mimes */
  take(types, mimes) {
    this.#list = table();
    types.forEach((type, at) => (this.#list[type] = codecNumber(mimes[at])));
    this.#known.clear();
    if (this.#questions === 0) return;
    const { mime, type } = this.#wanted;
    const number = types.length > 0 ? this.#list[type] : codecNumber(mime);
    if (number !== UNKNOWN) this.#settle(mime, type, number);
  }

  /** @param {string} mime @param {number} type @param {number} number */
  #settle(mime, type, number) {
    const numbers = this.#known.get(mime) ?? table();
    numbers[type] = number;
    this.#known.set(mime, numbers);
    [this.#questions, this.#next] = [0, -Infinity];
    return number;
  }

  /** @param {string} mime @param {number} type */
  #ask(mime, type) {
    const now = performance.now();
    if (now < this.#next) return;
    this.#next = now + AGAIN;
    this.#wanted = { mime, type };
    this.#questions++;
    this.ask();
  }
}
