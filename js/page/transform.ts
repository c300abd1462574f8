/** Brings the frames of a sender or receiver to a worker. */
import { SealframeError } from "../shared/errors.js";
import type { TransformOptions } from "../shared/wire.js";
import type { Streams } from "./protect.js";

export class TransformFactory {
  /** Missing in Chromium before 141. */
  readonly #Transform: typeof RTCRtpScriptTransform | undefined = globalThis.RTCRtpScriptTransform;

  /** Whether the browser has transforms. Streams exist once, so another worker cannot get them. */
  get hasTransforms() {
    return this.#Transform !== undefined;
  }

  /**
   * A function that makes a transform to set. In a browser without transforms it sends the streams
   * of the sender or receiver to the worker instead, and returns nothing.
   */
  connect(worker: Worker, options: TransformOptions) {
    const Transform = this.#Transform;
    if (Transform) return () => new Transform(worker, options);
    return (streams?: Streams): RTCRtpScriptTransform | undefined => {
      if (!streams) throw new SealframeError("already-protected");
      const { readable, writable } = streams;
      worker.postMessage({ type: "streams", options, readable, writable }, [readable, writable]);
      return undefined;
    };
  }

  /** A transform that passes no frame, because the worker finds no call in its options. */
  blackHole(worker: Worker): RTCRtpScriptTransform {
    // If it is missing, this throws. The caller then protects without a transform.
    return new (this.#Transform as typeof RTCRtpScriptTransform)(worker, {});
  }
}
