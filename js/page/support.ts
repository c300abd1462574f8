/** What this browser has of what sealframe needs. */

/** What a browser may lack. Without any of the first five `Sealframe.start()` fails. */
export type Missing =
  | "secure-context"
  | "worker"
  | "webcrypto"
  | "encoded-transform"
  | "wasm-simd"
  | "storage"
  | "locks";

/** What `Sealframe.support()` found. */
export interface Support {
  /** Whether calls can be sealed in this page. */
  supported: boolean;
  /** How frames get to the worker: RTCRtpScriptTransform, or the streams of older Chromium. */
  frames: "transform" | "streams" | undefined;
  /** What is missing. Without storage or locks there are no device keys. */
  missing: Missing[];
}

/** Without these there are no device keys. Keys of the application work. */
const FOR_DEVICES = new Set<Missing>(["storage", "locks"]);
/** A module with one function, which makes a vector of zeros. */
const SIMD = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0],
  ...[10, 9, 1, 7, 0, 65, 0, 253, 15, 26, 11],
);

/** Looks at the page's globals, and changes nothing. */
export function support(): Support {
  const { isSecureContext, Worker, crypto, indexedDB, navigator, WebAssembly } = globalThis;
  const frames = waysOfFrames();
  const there: Record<Missing, unknown> = {
    "secure-context": isSecureContext,
    worker: Worker,
    webcrypto: crypto?.subtle,
    "encoded-transform": frames,
    "wasm-simd": WebAssembly?.validate(SIMD),
    storage: indexedDB,
    locks: navigator?.locks,
  };
  const missing = (Object.keys(there) as Missing[]).filter((name) => !there[name]);
  return { supported: missing.every((name) => FOR_DEVICES.has(name)), frames, missing };
}

/** Chromium before 141 has encoded streams instead of transforms. */
function waysOfFrames(): Support["frames"] {
  const { RTCRtpScriptTransform, RTCRtpSender } = globalThis;
  if (RTCRtpScriptTransform) return "transform";
  return RTCRtpSender && "createEncodedStreams" in RTCRtpSender.prototype ? "streams" : undefined;
}
