// MLS groups of three devices: what each of them opens when members come, go, and change keys.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { World } from "./group.mjs";
import { makeDevice } from "./device.mjs";

const FRAME = Buffer.from("a frame of audio");

/** A call of three devices in one epoch. */
async function three(suite) {
  const world = new World(suite);
  const members = [await world.enter(), await world.enter(), await world.enter()];
  world.tell();
  await world.untilOneGroup();
  return { world, members };
}

/** Each of these opens what each other one seals. */
function talk(members) {
  for (const from of members) {
    const wire = from.seal(FRAME);
    for (const to of members)
      if (to !== from) assert.deepEqual(to.open(wire, from), FRAME, `${to.id} of ${from.id}`);
  }
}

for (const suite of ["mlkem768-p256", "p256", "p256-aes128"])
  test(`three devices exchange frames and data in a group of suite ${suite}`, async () => {
    const { members } = await three(suite);
    talk(members);
    const [alice, bob] = members;
    assert.equal(alice.epoch.code, bob.epoch.code);
    assert.match(alice.epoch.code, /^\d{30}$/);
    const data = alice.core.seal_data(FRAME, undefined);
    assert.deepEqual(Buffer.from(bob.core.open_data(data, alice.id)), FRAME);
    for (const member of members) member.close();
  });

test("a joiner opens nothing that was sealed before it joined", async () => {
  const { world, members } = await three();
  const early = members[0].seal(FRAME);
  const dave = await world.enter();
  world.tell();
  await world.untilOneGroup();
  assert.equal(dave.open(early, members[0]), "unknown-key");
  talk(world.members);
  for (const member of world.members) member.close();
});

test("a removed member opens nothing from three seconds later on, and nobody opens its frames", async () => {
  const { world, members } = await three();
  const [alice, bob, carol] = members;
  for (const one of [alice, bob]) one.setMembers([alice, bob]);
  assert.equal(alice.open(carol.seal(FRAME), carol), "unknown-key", "at once");
  await world.run(3_000);
  assert.deepEqual(alice.epoch.members.toSorted(), [alice.id, bob.id].sort());
  const wire = alice.seal(FRAME);
  assert.equal(carol.open(wire, alice), "unknown-key");
  assert.deepEqual(bob.open(wire, alice), FRAME);
  assert.equal(bob.open(carol.seal(FRAME), carol), "unknown-key");
  for (const member of members) member.close();
});

test("a member that leaves without a word is taken out when the roster lacks it", async () => {
  const { world, members } = await three();
  world.leave(members[1]);
  world.tell();
  await world.untilOneGroup();
  talk(world.members);
  for (const member of world.members) member.close();
});

test("rotate() makes a new epoch with another code and key, and no frame is lost", async () => {
  const { world, members } = await three();
  const [alice, bob] = members;
  const { code, epoch } = alice.epoch;
  const before = alice.seal(FRAME);
  bob.rotate();
  await world.until(() => alice.epoch.epoch > epoch);
  await world.untilOneGroup();
  assert.notEqual(alice.epoch.code, code);
  assert.deepEqual(bob.open(before, alice), FRAME, "sealed before, opened after");
  talk(members);
  for (const member of members) member.close();
});

test("a device that lost everything enters again by an external commit", async () => {
  const { world, members } = await three();
  const [alice, bob, carol] = members;
  world.leave(carol);
  const again = await world.enter({ ...(await makeDevice()), ...deviceOf(carol) });
  for (const one of [alice, bob, again]) one.setMembers([alice, bob, again]);
  await world.untilOneGroup();
  talk(world.members);
  for (const member of world.members) member.close();
});

const deviceOf = ({ id, suite, bundle, signing }) => ({ id, suite, bundle, signing });

test("messages that are damaged, replayed, foreign or too long are errors, and nothing changes", async () => {
  const { world, members } = await three();
  const [alice, bob, carol] = members;
  const seen = [];
  const { receive } = bob;
  bob.receive = (bytes) => (seen.push(Buffer.from(bytes)), receive.call(bob, bytes));
  alice.rotate();
  await world.run(3_000);
  const commit = seen.find((bytes) => bytes[1] === 1);
  const other = new World();
  const foreign = [];
  other.send = (_, bytes) => foreign.push(bytes);
  const stranger = await other.enter();
  stranger.setMembers([stranger, bob]);
  await other.run(1_000);
  const { epoch } = bob;
  for (const [name, bytes] of Object.entries({
    empty: Buffer.of(1),
    "another version": Buffer.concat([Buffer.of(9), commit.subarray(1)]),
    "another call": Buffer.concat([commit.subarray(0, 2), randomBytes(16), commit.subarray(18)]),
    "too long": Buffer.concat([commit, Buffer.alloc(1 << 20)]),
    "cut short": commit.subarray(0, 40),
    replayed: commit,
    "a device that is not on the roster": foreign.at(-1),
  }))
    assert.match(`${receive.call(bob, bytes)}`, /^[a-z]+(-[a-z]+)*$/, name);
  alice.rotate();
  await world.until(() => seen.filter((bytes) => bytes[1] === 1).length > 1);
  assert.ok(bob.epoch.epoch > epoch.epoch);
  talk([alice, bob, carol]);
  for (const member of members) member.close();
  stranger.close();
});

test("a commit with any byte changed is refused, and the genuine one still works", async () => {
  const { world, members } = await three();
  const [alice, bob] = members;
  const genuine = [];
  const { receive } = bob;
  bob.receive = (bytes) => void genuine.push(Buffer.from(bytes));
  alice.rotate();
  await world.until(() => genuine.some((bytes) => bytes[1] === 1));
  const commit = genuine.find((bytes) => bytes[1] === 1);
  const { epoch } = bob;
  for (let at = 26; at < commit.length; at += 11) {
    const forged = Buffer.from(commit);
    forged[at] ^= 1;
    receive.call(bob, forged);
    assert.equal(bob.epoch, epoch, `byte ${at}`);
  }
  assert.equal(receive.call(bob, commit), undefined);
  bob.receive = receive;
  await world.untilOneGroup();
  talk(members);
  for (const member of members) member.close();
});
