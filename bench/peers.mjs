// How charts show the peers.

export const COLORS = {
  ours: "#0072b2",
  livekit: "#d55e00",
  stream: "#cc79a7",
  "davey-wasm": "#009e73",
  "davey-native": "#56b4e9",
  crate: "#b58900",
  webcrypto: "#333333",
  identity: "#999999",
};

export const NAMES = {
  ours: "sealframe",
  livekit: "LiveKit",
  stream: "Stream",
  "davey-wasm": "davey, wasm",
  "davey-native": "davey, native",
  crate: "sealframe with aes-gcm crate",
  webcrypto: "WebCrypto",
  identity: "identity: the floor",
};
