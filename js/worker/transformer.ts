/** Types of what a browser gives the worker for a sender or receiver. */

/** An encoded frame, audio or video. */
export interface Frame {
  data: ArrayBuffer;
  /** "key" or "delta"; video only. */
  type?: string;
  getMetadata(): { mimeType?: string; payloadType?: number };
}

/** An RTCRtpScriptTransformer, the streams of older browsers, or what a test wraps around one. */
export interface Transformer {
  readable: ReadableStream<Frame>;
  writable: WritableStream<Frame>;
  sendKeyFrameRequest?(): Promise<unknown>;
  generateKeyFrame?(): Promise<unknown>;
}
