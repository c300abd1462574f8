/** The frames of one track. */
import { SealframeError } from "../shared/errors.js";
import { isBytes } from "../shared/brand.js";
import type { Bytes } from "../shared/types.js";

/** Options of `call.seal()` in Node. */
export interface SealTrackOptions {
  kind: "audio" | "video";
  /** The media type, such as "video/VP8" or "audio/opus". */
  codec: string;
  /** The label that both sides know the track by. Default: "". */
  track?: string;
  /**
   * Called when a key frame is needed: from our encoder, or, if the track is opened, from the
   * encoder at the other end (RTCP PLI).
   */
  onkeyframe?(): void;
}

/** Options of `call.open()` in Node. */
export interface OpenTrackOptions extends SealTrackOptions {
  /** The device id or name of the side that seals. */
  from: string;
}

/** Seals or opens a frame in place, and returns whether it may go on. */
export interface Passes {
  process(frame: { data: ArrayBuffer; type: string; getMetadata(): { mimeType: string } }): boolean;
}

/** Seals or opens the frames of one track. "state" events of its call say why one was dropped. */
export class Track {
  readonly #stream: Passes;
  readonly #mimeType: string;
  readonly #leave: () => void;
  #closed = false;

  /** @internal */
  constructor(stream: Passes, mimeType: string, leave: () => void) {
    this.#stream = stream;
    this.#mimeType = mimeType;
    this.#leave = leave;
  }

  /**
   * Seals or opens one whole encoded frame. Returns undefined if nothing may be sent or rendered.
   * `isKey` says whether it is a key frame.
   */
  pass(frame: Uint8Array, isKey = false): Bytes | undefined {
    if (!isBytes(frame)) throw new SealframeError("bad-argument", "frame");
    if (this.#closed) return undefined;
    const encoded = {
      // The constructor copies a Buffer of Node, which `slice()` does not.
      data: new Uint8Array(frame).buffer,
      type: isKey ? "key" : "delta",
      getMetadata: () => ({ mimeType: this.#mimeType }),
    };
    return this.#stream.process(encoded) ? new Uint8Array(encoded.data) : undefined;
  }

  /** Ends the track. */
  close() {
    if (!this.#closed) this.#leave();
    this.#closed = true;
  }
}
