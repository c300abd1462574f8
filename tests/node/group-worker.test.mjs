// The worker's side of calls with an MLS group: what the page hears, and what crashes of modules do.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, test } from "node:test";
import { Call } from "../../target/js/worker/call.js";
import { start } from "../../target/js/worker/core.js";
import { Membership, setUp } from "../../target/js/worker/mls.js";
import { makeDevice } from "./device.mjs";

const { subtle } = globalThis.crypto;
const ECDSA = { name: "ECDSA", hash: "SHA-256" };
const GROUP = { suite: "p256", broadcast: false, hasPassphrase: false };
const HELLO = Buffer.from("hello");

const urlOf = (module) => {
  const bytes = readFileSync(new URL(import.meta.resolve(`sealframe/${module}`)));
  return `data:application/wasm;base64,${bytes.toString("base64")}`;
};
await start(urlOf("core.wasm"), undefined);
setUp({ url: urlOf("mls.wasm"), integrity: undefined });
after(() => setTimeout(() => process.exit(), 100)); // the worker's channel of turns never closes

/** A call of this many devices. Messages of each are carried to the others. */
async function calls(count, options) {
  const sides = [];
  for (let i = 0; i < count; i++) sides.push(await side(sides, options));
  const bundles = sides.map(({ device }) => device.bundle);
  for (const { call } of sides) await call.members(roster(bundles));
  return sides;
}

const roster = (bundles, ids = []) => ({ bundles, ids, owners: [], names: [] });

async function side(sides, options) {
  const { id, bundle, signing } = await makeDevice();
  const sign = async ({ bytes }) => [
    new Uint8Array(await subtle.sign(ECDSA, signing.privateKey, bytes)),
  ];
  const device = { id, bundle, sign, weakest: 1, recordKnownDevices() {} };
  const news = [];
  const post = (one) => {
    news.push(one);
    const { type, to, bytes } = one;
    const others = sides.filter((other) => other.device.id === to || (to === "" && other !== me));
    if (type === "message")
      for (const { call } of others) setTimeout(() => call.receive({ bytes, from: id }));
  };
  const group = { ...GROUP, ...options };
  const call = await Call.open({ callId: "room", self: id, device, group, post }, () => {});
  const me = { call, device, news, of: (type) => news.filter((one) => one.type === type) };
  return me;
}

/** Waits until `test` holds. Only a fault reaches the limit. */
async function until(test) {
  for (const end = Date.now() + 60_000; !test(); ) {
    if (Date.now() > end) throw new Error("it takes too long");
    await new Promise((done) => setTimeout(done, 20));
  }
}

/** Waits until these are in one epoch, and nobody else is in it. */
function together(sides) {
  const ids = sides.map(({ device }) => device.id).sort();
  return until(() => {
    const epochs = sides.map(({ call }) => call.stats().epoch);
    return epochs.every(
      (epoch) => epoch?.code === epochs[0]?.code && `${epoch?.members.toSorted()}` === `${ids}`,
    );
  });
}

/** Waits until each opens what each other one seals. */
async function talk(sides) {
  for (const from of sides)
    for (const to of sides.filter((other) => other !== from))
      await until(() => {
        try {
          const bytes = from.call.sealData({ bytes: HELLO });
          return HELLO.equals(to.call.openData({ bytes, from: from.device.id }));
        } catch {
          return false;
        }
      });
}

function close(sides) {
  for (const { call } of sides) call.close();
}

test("each hears of each epoch once, with the same code", async () => {
  const sides = await calls(3);
  await together(sides);
  await talk(sides);
  for (const { of } of sides) {
    const codes = of("epoch").map(({ code }) => code);
    assert.match(codes.at(-1), /^\d{5}( \d{5}){5}$/);
    assert.equal(new Set(codes).size, codes.length);
    assert.deepEqual(of("error"), []);
  }
  const [{ call }] = sides;
  const { members, hybrid, classic } = call.stats();
  assert.ok(members.length === 2 && members.every(({ keyed, kem }) => keyed && kem === "p256"));
  assert.deepEqual([hybrid, classic.length], [false, 3]);
  close(sides);
});

test("a refused entry adds nobody, removes who is not named, and the next roster mends it", async () => {
  const sides = await calls(3);
  const [alice, bob, carol] = sides;
  await together(sides);
  const bundles = sides.map(({ device }) => device.bundle);
  const refused = await alice.call.members(roster([bundles[1], bundles[2].subarray(1)]));
  assert.deepEqual(
    { code: refused.code, index: refused.index },
    { code: "unsupported-version", index: 1 },
  );
  assert.deepEqual(refused.bundles, [bundles[1]]);
  await bob.call.members(roster(bundles.slice(0, 2)));
  await together([alice, bob]);
  const bytes = carol.call.sealData({ bytes: HELLO });
  assert.throws(() => alice.call.openData({ bytes, from: carol.device.id }), {
    code: "unknown-key",
  });
  for (const { call } of [alice, bob]) await call.members(roster(bundles));
  await together(sides);
  await talk(sides);
  close(sides);
});

test("two devices with one signing key are refused", async () => {
  const sides = await calls(1);
  const [{ call, device }] = sides;
  const twin = Buffer.from(device.bundle);
  twin[1] = 2;
  const { code, index } = await call.members(roster([twin]));
  assert.deepEqual([code, index], ["bad-bundle", 0]);
  close(sides);
});

test("after a crash of the MLS module all enter the group again", async (t) => {
  const sides = await calls(2);
  await together(sides);
  t.mock.method(Membership.prototype, "rotate", () => {
    throw new WebAssembly.RuntimeError("unreachable");
  });
  assert.throws(() => sides[0].call.rotate(), { code: "core-restarted" });
  t.mock.restoreAll();
  assert.equal(sides[0].call.stats().epoch, undefined);
  await together(sides);
  await talk(sides);
  for (const { of } of sides) assert.equal(of("restarted").length, 1);
  close(sides);
});

test("with a transport for all, messages for all are one event", async () => {
  const sides = await calls(3, { broadcast: true });
  await together(sides);
  await talk(sides);
  assert.ok(sides.some(({ of }) => of("message").some(({ to }) => to === "")));
  close(sides);
});

test("rotate() before there is a group is refused", async () => {
  const sides = [await side([])];
  assert.throws(() => sides[0].call.rotate(), { code: "no-group" });
  close(sides);
});
