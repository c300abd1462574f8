/** Types of what a browser gives the worker for a sender or receiver. */

/** An encoded frame, audio or video. */
export interface Frame {
  data: ArrayBuffer;
  /** "key" or "delta"; video only. */
  type?: string;
  getMetadata(): { mimeType?: string; payloadType?: number };
}

/** What can ask for key frames: the encoder at the other end, or ours. */
export interface KeyFrameSource {
  sendKeyFrameRequest?(): Promise<unknown>;
  generateKeyFrame?(): Promise<unknown>;
}

/** An RTCRtpScriptTransformer, the streams of older browsers, or what a test wraps around one. */
export interface Transformer extends KeyFrameSource {
  readable: ReadableStream<Frame>;
  writable: WritableStream<Frame>;
}
