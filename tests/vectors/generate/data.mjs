// Data messages (docs/protocol.md §5): SFrame under a key of their own.
import { senderKey } from "./application.mjs";
import { hex, hkdf, join, seal, uint, written } from "./bytes.mjs";

export async function data({ messages }) {
  return { messages: await Promise.all(messages.map(message)) };
}

/** Its inputs are the base key, or an application key and its sender; KID, counter, label, recipient and data. */
async function message({ applicationKey, from, kid, ctr, label, to, data, ...given }) {
  const baseKey = applicationKey
    ? (await senderKey(applicationKey, from)).toString("hex")
    : given.baseKey;
  const dataBaseKey = await hkdf(hex(baseKey), 64, "sealframe/1 data");
  const derive = (what, length) =>
    hkdf(dataBaseKey, length, `SFrame 1.0 Secret ${what} `, hex(kid), uint(5, 2));
  const [key, salt] = [await derive("key", 32), await derive("salt", 12)];
  const nonce = salt.map((byte, at) => byte ^ uint(ctr, 12)[at]);
  const [header, type] = [sframeHeader(BigInt(`0x${kid}`), BigInt(ctr)), to === null ? 16 : 17];
  const names = [label, to ?? ""]
    .map((name) => Buffer.from(name))
    .flatMap((name) => [[name.length], name]);
  const aad = join(header, "sealframe/1 data", [type], ...names);
  const bytes = join([1, type], header, await seal(key, nonce, aad, hex(data)));
  return written({
    ...(applicationKey && { applicationKey, from }),
    baseKey,
    kid,
    ctr,
    label,
    to,
    dataBaseKey,
    key,
    salt,
    nonce,
    aad,
    data,
    message: bytes,
  });
}

/** RFC 9605 §4.3. */
export function sframeHeader(kid, ctr) {
  const [[kidBits, kidBytes], [ctrBits, ctrBytes]] = [field(kid), field(ctr)];
  return join([(kidBits << 4) | ctrBits], kidBytes, ctrBytes);
}

/** Its four bits in the config byte, and the bytes behind that. */
function field(value) {
  if (value < 8n) return [Number(value), []];
  const length = Math.ceil(value.toString(16).length / 2);
  return [8 | (length - 1), uint(value, length)];
}
