// Faults that a tap brings about on request.

export class Faults {
  #mime;
  #flood;
  /** The layer of a simulcast whose frames go past the worker, by its SSRC. */
  #leak = Number.NaN;
  /** How many of the next requests for key frames get lost. */
  #deaf = 0;

  /**
   * `mime` replaces the codec that frames report, as with an unknown codec. It may be empty, as in
   * browsers that report none, or "throw". `flood` puts this number of forged frames in front of
   * each frame that arrives.
   * @param {URLSearchParams} settings
   */
  constructor(settings) {
    this.#mime = settings.get("mime");
    this.#flood = Number(settings.get("flood"));
  }

  /** Orders of the page, by name. */
  orders = {
    hang: () => {
      for (;;);
    },
    throw: () => {
      throw new Error("thrown on request");
    },
    deaf: ({ count }) => (this.#deaf = count),
    leak: ({ ssrc }) => (this.#leak = ssrc),
  };

  losesRequest() {
    return this.#deaf-- > 0;
  }

  /** `reader.read`, without the frames that leak. */
  leaking(reader, writer) {
    const leaks = ({ value }) => value?.getMetadata().synchronizationSource === this.#leak;
    return async () => {
      for (;;) {
        const result = await reader.read();
        if (Number.isNaN(this.#leak) || !leaks(result)) return result;
        writer.write(result.value);
      }
    };
  }

  /** Changes what the frame says of its codec. */
  disguise(frame) {
    // A DOMException is thrown, whose code is a number.
    if (this.#mime === "throw") frame.getMetadata = () => structuredClone(self);
    else if (this.#mime !== null) frame.getMetadata = () => ({ mimeType: this.#mime || undefined });
  }

  /** `read`, with forged frames in front of each that arrives. */
  flooding(read, stream, { direction }) {
    if (!this.#flood || direction !== "open") return read;
    const queue = [];
    return async () => {
      if (queue.length > 0) return queue.shift();
      const result = await read();
      if (result.done || result.value.data.byteLength === 0) return result;
      stream.forged(this.#flood);
      for (let i = 0; i < this.#flood; i++)
        queue.push({ done: false, value: forged(result.value, i) });
      queue.push(result);
      return queue.shift();
    };
  }
}

/** The frame with another tag. */
function forged(frame, variant) {
  const bytes = new Uint8Array(frame.data.slice(0));
  bytes[bytes.length - 2] ^= 1 + variant;
  return { type: frame.type, data: bytes.buffer, getMetadata: () => frame.getMetadata() };
}
