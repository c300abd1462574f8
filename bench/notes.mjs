// Notes on figures. Each row in which a peer is faster than ours says why.
const DAVEY = "AES-128-GCM with an 8-byte tag";
const HARDWARE = "AES instructions of the processor, which wasm cannot reach";

/** A peer with a smaller ratio counts as faster. */
const SLOWER = 0.995;

const FASTER = {
  livekit: `WebCrypto: ${HARDWARE}; on a second core`,
  stream: `WebCrypto: ${HARDWARE}; on a second core`,
  webcrypto: `${HARDWARE}; on a second core`,
  "davey-native": `native code in Node: ${HARDWARE}`,
  "davey-wasm": "a shorter key",
  crate: "the same code with another cipher: noise",
};

const ABOUT = {
  pipe: [
    "crate: our code with the portable aes-gcm crate; webcrypto: our layout with the browser's AES-256-GCM",
    "identity: the floor, streams and harness with the frame untouched",
  ],
  cipher: [
    "crate: the portable aes-gcm crate; webcrypto: the bare call, awaited",
    "identity: the floor, an empty function",
  ],
};

/** @returns {string | undefined} */
export function noteOn({ peer, ratio, what }) {
  if (peer === "identity")
    return what === "pipe" ? "the floor: streams and harness, frame untouched" : "the floor";
  const facts = [];
  if (peer.startsWith("davey")) facts.push(DAVEY);
  if (peer === "davey-native") facts.push("compared with ours in Node");
  if (ratio < SLOWER && peer !== "ours") facts.push(`faster than ours: ${FASTER[peer]}`);
  return facts.length > 0 ? facts.join("; ") : undefined;
}

/** Lines under a table. */
export function footnotes(what, rows, versions) {
  const slower = rows.filter(
    ({ peer, ratio }) => ratio < SLOWER && !["ours", "identity"].includes(peer),
  );
  const reasons = [...new Set(slower.map(({ peer }) => peer))].map(
    (peer) => `  ${peer}: ${FASTER[peer]}`,
  );
  return [
    ...(what === "pipe"
      ? [
          `livekit, stream: ${versions.livekit} (keySize 256, ratchetWindowSize 0), ${versions.stream} (AES-256)`,
        ]
      : []),
    `davey: ${versions.davey}, ${DAVEY}, not AES-256; native in Node ${process.version}, against ours in the same process`,
    ...ABOUT[what],
    ...(reasons.length > 0 ? ["* faster than ours:", ...reasons] : []),
  ];
}
