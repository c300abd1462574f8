// Writes the vectors again: `node tests/vectors/generate/main.mjs [NAME…]`, with the names of generators.
//
// What stands in a file of its own accord (private keys, seeds, passwords, counters) is read from it, everything
// else is computed from that. So nothing changes where nothing is to be changed: of signatures and RSA ciphertexts,
// which are random, those that are genuine stay. A new vector is its inputs, put into the file, and a run.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { application } from "./application.mjs";
import { data } from "./data.mjs";
import { groupFrames } from "./group-frames.mjs";
import { announcement, envelope } from "./messages.mjs";
import { passphrase } from "./passphrase.mjs";
import { recovery } from "./recovery.mjs";
import { safety } from "./safety.mjs";

export const GENERATORS = {
  envelope,
  announcement,
  recovery,
  passphrase,
  application,
  safety,
  data,
  "group-frames": groupFrames,
};
const place = (name) => new URL(`../sealframe-${name}.json`, import.meta.url);

/** A file as it is, and as its generator makes it. @returns {Promise<{ old: string, made: string }>} */
export async function generate(name) {
  const old = readFileSync(place(name), "utf8");
  const { devices, envelopes } = JSON.parse(readFileSync(place("envelope"), "utf8"));
  const made = await GENERATORS[name](JSON.parse(old), devices, envelopes);
  return { old, made: `${JSON.stringify(made, null, 1)}\n` };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const names = process.argv.slice(2);
  for (const name of names.length > 0 ? names : Object.keys(GENERATORS)) {
    const { old, made } = await generate(name);
    writeFileSync(place(name), made);
    console.log(`${name}: ${made === old ? "as it was" : "changed"}`);
  }
}
