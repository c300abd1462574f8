// What the MLS module and the core keep in memory: no secret of an older epoch after its time, and
// none at all after close().
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import { memory } from "./core.mjs";
import { mlsMemory, World } from "./group.mjs";

/** The state before a commit is kept for 2 s. The clock of a test moves in steps. */
const SETTLE = 2_100;
/** An epoch opens frames for 10 s after the next one came, and the core looks once a second. */
const GRACE = 11_100;
/** Bytes of a hash of the suites with AES-256: the length of a secret. */
const HASH = 48;
const PIECE = 8;

/** The names of secrets of which 8 consecutive bytes are in the memory. */
function found(secrets, { buffer }) {
  const all = Buffer.from(buffer);
  const pieces = (secret) =>
    Array.from({ length: secret.length - PIECE + 1 }, (_, at) => secret.subarray(at, at + PIECE));
  return Object.keys(secrets).filter((name) =>
    pieces(secrets[name]).some((piece) => all.includes(piece)),
  );
}

/** All random bytes that are drawn while `work` runs, of 32 bytes and more: keys are made of them. */
async function draws(work) {
  const { crypto } = globalThis;
  const drawn = [];
  const getRandomValues = (array) => {
    Object.getPrototypeOf(crypto).getRandomValues.call(crypto, array);
    if (array.length >= 32) drawn.push(Buffer.from(array));
    return array;
  };
  Object.defineProperty(crypto, "getRandomValues", { configurable: true, value: getRandomValues });
  try {
    await work();
  } finally {
    delete crypto.getRandomValues;
  }
  return Object.fromEntries(drawn.entries());
}

/** DeriveSecret of RFC 9420 §8 with SHA-384. One block of HKDF-Expand is enough. */
function deriveSecret(secret, label) {
  const text = Buffer.from(`MLS 1.0 ${label}`);
  const info = Buffer.concat([Buffer.of(0, HASH, text.length), text, Buffer.of(0, 1)]);
  return createHmac("sha384", secret).update(info).digest();
}

/** The secrets of an epoch, RFC 9420 §8: those from which others follow. */
const LABELS = ["init", "exporter", "encryption", "sender data", "external", "membership"];

test("when the next epoch has settled, nothing of a group's first epoch is left", async () => {
  const world = new World();
  const alice = await world.enter();
  const drawn = await draws(async () => {
    world.tell();
    await world.untilOneGroup();
  });
  const candidates = Object.values(drawn).filter(({ length }) => length === HASH);
  const secretsOf = (epochSecret) =>
    Object.fromEntries(LABELS.map((label) => [label, deriveSecret(epochSecret, label)]));
  const first = candidates.map(secretsOf).find((secrets) => found(secrets, mlsMemory).length > 0);
  assert.ok(first, "the scan finds secrets that are in memory");
  const { epoch } = alice.epoch;
  alice.rotate();
  await world.until(() => alice.epoch.epoch > epoch);
  assert.notDeepEqual(found(first, mlsMemory), [], "a better commit may come");
  await world.run(SETTLE);
  assert.deepEqual(found(first, mlsMemory), []);
  alice.close();
});

test("base keys are in the core only, until their time is over", async () => {
  const world = new World();
  const members = [await world.enter(), await world.enter(), await world.enter()];
  world.tell();
  await world.untilOneGroup();
  members[1].rotate();
  await world.run(SETTLE);
  const [alice] = members;
  const old = alice.secrets.slice(0, -1);
  const present = { present: alice.secrets.at(-1) };
  const inCore = () => found(Object.fromEntries(old.entries()), memory);
  assert.ok(old.length >= 1);
  assert.deepEqual(found({ ...old, ...present }, mlsMemory), []);
  assert.deepEqual(found(present, memory), ["present"]);
  assert.notDeepEqual(inCore(), []);
  await world.run(GRACE);
  assert.deepEqual(inCore(), []);
  for (const member of members) member.close();
  assert.deepEqual(found({ ...old, ...present }, memory), []);
});

test("what keys of older epochs and leaves were made of is not left, and after close() nothing is", async () => {
  const world = new World();
  const members = [];
  const drawn = await draws(async () => {
    for (let i = 0; i < 3; i++) members.push(await world.enter());
    world.tell();
    await world.untilOneGroup();
    for (const member of members) {
      member.rotate();
      await world.run(SETTLE);
    }
  });
  assert.ok(Object.keys(drawn).length > 10);
  const later = await draws(async () => {
    for (const member of [...members, ...members]) {
      member.rotate();
      await world.run(SETTLE);
    }
  });
  assert.deepEqual(found(drawn, mlsMemory), []);
  assert.notDeepEqual(found(later, mlsMemory), [], "the scan finds secrets that are in memory");
  for (const member of members) member.close();
  assert.deepEqual(found(later, mlsMemory), []);
});
