// `node crates/aes-gcm-simd/check/timing.mjs [measurements]`: does the time depend on a secret?
//
// O. Reparaz, J. Balasch, I. Verbauwhede, "Dude, is my code constant time?", DATE 2017: two classes
// of inputs, mixed at random, and Welch's t-test of their times. A |t| above 4.5 is evidence, one
// above 10 is proof. A smaller |t| says that this many measurements on this machine found nothing.
import { randomBytes, randomInt } from "node:crypto";
import { build, Cipher } from "./build.mjs";

const MEASUREMENTS = Number(process.argv[2] ?? 100_000);
/** Shares of the times that are kept. Interrupts only slow a run, so the slow end is cut off. */
const CROPS = [1, 0.95, 0.8, 0.5];
const POOL = 64;

const module = new Cipher(build("simd"));
const { exports, places } = module;
const pool = (make) => Array.from({ length: POOL }, make);
const one = module.key(Buffer.alloc(32, 1));

/** Each test has a set-up for a measurement, by class, and the work that is measured. */
const TESTS = {
  "seal 120 B: text of zeros, random texts": texts(120),
  "seal 1,200 B: text of zeros, random texts": texts(1200),
  "seal 1,200 B: one key, random keys": keys(1200),
  "open 120 B: first byte of the tag wrong, last byte wrong": tags(120),
};

for (const [name, test] of Object.entries(TESTS)) {
  const samples = sample(test);
  const sorted = samples.flat().sort((a, b) => a - b);
  const t = CROPS.map((crop) => {
    const slowest = sorted[Math.ceil(crop * sorted.length) - 1];
    return welch(...samples.map((times) => times.filter((time) => time <= slowest)));
  });
  const worst = Math.max(...t.map(Math.abs));
  console.log(`${name}: |t| ${worst.toFixed(2)} (${samples.map((s) => s.length).join(" + ")})`);
}

function texts(length) {
  const ready = [pool(() => Buffer.alloc(length)), pool(() => randomBytes(length))];
  return {
    set: (class_) => module.memory.set(ready[class_][randomInt(POOL)], places.data),
    run: () => exports.seal(one, places.nonce, places.aad, 48, places.data, length),
  };
}

/** Each measurement makes a new cipher, because the time also depends on the key's address. */
function keys(length) {
  const ready = [pool(() => Buffer.alloc(32, 1)), pool(() => randomBytes(32))];
  let cipher = module.key(ready[0][0]);
  return {
    set: (class_) => {
      module.drop(cipher);
      cipher = module.key(ready[class_][randomInt(POOL)]);
    },
    run: () => exports.seal(cipher, places.nonce, places.aad, 48, places.data, length),
  };
}

function tags(length) {
  const sealed = module.seal(one, Buffer.alloc(12), Buffer.alloc(48), Buffer.alloc(length));
  return {
    set: (class_) => {
      module.memory.set(sealed, places.data);
      module.memory[places.data + length + 15 * class_] ^= 1;
    },
    run: () => exports.open(one, places.nonce, places.aad, 48, places.data, length),
  };
}

function sample({ set, run }) {
  const times = [[], []];
  for (let i = -5000; i < MEASUREMENTS; i++) {
    const class_ = randomInt(2);
    set(class_);
    const start = process.hrtime.bigint();
    run();
    const time = Number(process.hrtime.bigint() - start);
    if (i >= 0) times[class_].push(time);
  }
  return times;
}

function welch(a, b) {
  const [x, y] = [a, b].map(moments);
  return (x.mean - y.mean) / Math.sqrt(x.variance / a.length + y.variance / b.length);
}

function moments(times) {
  const mean = times.reduce((sum, time) => sum + time, 0) / times.length;
  const variance = times.reduce((sum, time) => sum + (time - mean) ** 2, 0) / (times.length - 1);
  return { mean, variance };
}
