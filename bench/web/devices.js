/**
 * Devices of other members, with only the parts that an announcement needs (docs/protocol.md §2,
 * §3).
 */
const ECDSA = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const ECDH = { name: "ECDH", namedCurve: "P-256" };
const [P256, HYBRID] = [1, 2];
const ANNOUNCEMENT = 3;

/** The announcement of a device that answers an announcement to it. */
export async function announce(device, heard) {
  const call = heard.subarray(3, 19);
  const incarnation = await short(
    text("sealframe/2 incarnation"),
    call,
    device.raw,
    [device.suite],
    device.entry,
    device.keys,
  );
  const counter = new Uint8Array(8).fill(++device.counter, 7);
  const header = [
    [2, ANNOUNCEMENT, device.suite],
    call,
    device.raw,
    heard.subarray(19, 35),
    incarnation,
    heard.subarray(51, 67),
    counter,
  ];
  const unsigned = join(
    ...header,
    random(16),
    heard.subarray(91, 107),
    random(48),
    device.entry,
    device.keys,
  );
  const signature = await crypto.subtle.sign(
    ECDSA,
    device.signing,
    join(text("sealframe/2 key message"), unsigned),
  );
  return join(unsigned, new Uint8Array(signature));
}

export async function makeDevice(hybrid) {
  const [signing, agreement] = await Promise.all([
    crypto.subtle.generateKey(ECDSA, false, ["sign", "verify"]),
    crypto.subtle.generateKey(ECDH, false, ["deriveBits"]),
  ]);
  const [verify, point] = await Promise.all(
    [signing, agreement].map(
      async ({ publicKey }) => new Uint8Array(await crypto.subtle.exportKey("raw", publicKey)),
    ),
  );
  const suite = hybrid ? HYBRID : P256;
  const bundle = join([4, suite], verify);
  const raw = await short(bundle);
  const id = [...raw].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const keys = join(point, hybrid ? lattice() : []);
  return {
    id,
    raw,
    suite,
    bundle,
    keys,
    signing: signing.privateKey,
    entry: random(16),
    counter: 0,
  };
}

/**
 * A random ML-KEM-768 encapsulation key without a private key: 768 numbers below 3329 of 12 bits,
 * and 32 bytes.
 */
export function lattice() {
  const pairs = Array.from({ length: 384 }, () =>
    [0, 0].map(() => Math.floor(Math.random() * 3329)),
  );
  return join(
    pairs.flatMap(([a, b]) => [a & 255, (a >> 8) | ((b & 15) << 4), b >> 4]),
    random(32),
  );
}

export const random = (/** @type {number} */ length) =>
  crypto.getRandomValues(new Uint8Array(length));
export const text = (/** @type {string} */ of) => new TextEncoder().encode(of);
export const join = (/** @type {ArrayLike<number>[]} */ ...parts) =>
  Uint8Array.from(parts.flatMap((part) => [...Array.from(part)]));
export const short = async (/** @type {ArrayLike<number>[]} */ ...parts) =>
  new Uint8Array(await crypto.subtle.digest("SHA-256", join(...parts))).subarray(0, 16);
