// Safety numbers (docs/protocol.md §5) of the devices of the envelopes, each with each; hashed by node:crypto.
import { createHash } from "node:crypto";

const sha512 = (...parts) =>
  parts.reduce((hash, part) => hash.update(part), createHash("sha512")).digest();

export function safety(_old, devices) {
  const halves = Object.entries(devices).map(([name, { bundle, id }]) => [
    name,
    { bundle, id, half: half(bundle) },
  ]);
  const pairs = halves.flatMap(([one, a], at) =>
    halves.slice(at).map(([other, b]) => ({ one, other, number: number(a, b) })),
  );
  return { devices: Object.fromEntries(halves), pairs };
}

function half(bundle) {
  const first = sha512("sealframe/1 safety number", Buffer.from(bundle, "hex"));
  let last = first;
  for (let i = 1; i < 5200; i++) last = sha512(last, first);
  return [0, 5, 10, 15, 20, 25]
    .map((at) => String(last.readUIntBE(at, 5) % 100_000).padStart(5, "0"))
    .join("");
}

function number(...halves) {
  const [smaller, larger] = halves.map(({ half }) => half).sort();
  return `${smaller}${larger}`.match(/.{5}/g).join(" ");
}
