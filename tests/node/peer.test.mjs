// `sealframe/node`: devices in this process, whose keys lie in files or elsewhere.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { deviceFile, Sealframe, SealframeError } from "sealframe/node";
import { FRAMES } from "./core.mjs";

const folder = mkdtempSync(join(tmpdir(), "sealframe-"));
const key = new Uint8Array(32).fill(7);
const opus = { kind: "audio", codec: "audio/opus" };
const camera = { kind: "video", codec: "video/VP8", track: "camera" };
/** A hybrid device joins within two round trips and a second. */
const DEADLINE_MS = 20_000;
after(() => rmSync(folder, { recursive: true }));

/** Devices by name, each with its call, and a server that carries their messages. */
async function callOf(...names) {
  const peers = [];
  for (const name of names) {
    const device = await deviceFile(join(folder, name), key);
    const sealframe = await Sealframe.start({ device });
    peers.push({ sealframe, call: await sealframe.join("room-42"), heard: [] });
  }
  for (const { call, heard } of peers) {
    call.addEventListener("message", ({ to, bytes }) => {
      const peer = peers.find((one) => one.call.self === to);
      setImmediate(() => peer?.call.closed || peer?.call.receive(bytes, call.self));
    });
    call.addEventListener("state", ({ state, code }) => heard.push(code || state));
  }
  return peers;
}

/** Puts these peers on each other's rosters. */
async function meet(...peers) {
  for (const { call } of peers) {
    const others = peers.filter((peer) => peer.call !== call);
    await call.setMembers(others.map(({ sealframe }) => sealframe.bundle));
  }
}

const refused = (argument) => (error) =>
  error instanceof SealframeError &&
  error.code === "bad-argument" &&
  error.message.endsWith(`: ${argument}`);
const closeAll = (peers) => Promise.all(peers.map(({ sealframe }) => sealframe.close()));

/** Seals frames until one opens. Returns the opened one. */
async function untilOpened(sealing, opening, frame) {
  for (const start = Date.now(); Date.now() - start < DEADLINE_MS; ) {
    const sealed = sealing.pass(frame, true);
    const opened = sealed && opening.pass(sealed, true);
    if (opened) return opened;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error("no frame opened");
}

test("frames and messages of devices open at each other, byte for byte", async () => {
  const peers = await callOf("alice", "bob");
  const [{ call: alice }, { call: bob }] = peers;
  await meet(...peers);
  // A server reads the first 10 bytes of a VP8 key frame.
  for (const [options, [frame], readable] of [
    [opus, FRAMES["audio/opus"], 0],
    [camera, FRAMES["video/VP8"], 10],
  ]) {
    const sealing = alice.seal(options);
    const opening = bob.open({ ...options, from: alice.self });
    const opened = await untilOpened(sealing, opening, frame);
    assert.deepEqual(Buffer.from(opened), frame);
    const sealed = sealing.pass(frame, true);
    assert.ok(!Buffer.from(sealed).includes(frame.subarray(readable)));
    assert.ok(opening.pass(sealed, true));
    assert.equal(opening.pass(sealed, true), undefined, "a replay");
    const damaged = sealing.pass(frame, true);
    damaged[damaged.length - 1] ^= 1;
    assert.equal(opening.pass(damaged, true), undefined, "a flipped bit");
  }
  const message = await alice.sealData(new TextEncoder().encode("hello"));
  assert.equal(new TextDecoder().decode(await bob.openData(message, alice.self)), "hello");
  assert.equal((await bob.stats()).hybrid, true);
  await closeAll(peers);
});

test("a removed device opens nothing more, and a closed track passes nothing", async () => {
  const peers = await callOf("alice", "bob", "carol");
  const [alice, bob, carol] = peers;
  await meet(...peers);
  const sealing = alice.call.seal(opus);
  const [atBob, atCarol] = [bob, carol].map(({ call }) =>
    call.open({ ...opus, from: alice.call.self }),
  );
  const [frame] = FRAMES["audio/opus"];
  await untilOpened(sealing, atBob, frame);
  await untilOpened(sealing, atCarol, frame);
  await meet(alice, bob);
  const start = Date.now();
  while (atCarol.pass(sealing.pass(frame)) && Date.now() - start < DEADLINE_MS)
    await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(atCarol.pass(sealing.pass(frame)), undefined);
  assert.ok(await untilOpened(sealing, atBob, frame));
  sealing.close();
  assert.equal(sealing.pass(frame), undefined);
  await closeAll(peers);
  assert.equal(atBob.pass(frame), undefined);
});

test("a video track that lost frames asks for a key frame", async () => {
  const peers = await callOf("alice", "bob");
  const [{ call: alice }, { call: bob }] = peers;
  await meet(...peers);
  let asked = 0;
  const opening = bob.open({ ...camera, from: alice.self, onkeyframe: () => asked++ });
  const sealing = alice.seal(camera);
  const [, delta] = FRAMES["video/VP8"];
  const until = Date.now() + DEADLINE_MS;
  while (asked === 0 && Date.now() < until) {
    const sealed = sealing.pass(delta);
    if (sealed) opening.pass(sealed);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.ok(asked > 0);
  await closeAll(peers);
});

test("without a key nothing is sealed, and its state says why", async () => {
  const [{ sealframe, call, heard }] = await callOf("alone");
  assert.equal(call.seal(opus).pass(FRAMES["audio/opus"][0]), undefined);
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.deepEqual(heard, ["no-key"]);
  await sealframe.close();
});

test("the same file and key give the same device, and no other can read the file", async () => {
  const path = join(folder, "twice");
  const [first, second] = await Promise.all([deviceFile(path, key), deviceFile(path, key)]);
  assert.deepEqual(first.publicKey, second.publicKey);
  assert.deepEqual((await deviceFile(path, key)).publicKey, first.publicKey);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.startsWith("twice.")),
    [],
  );
  assert.equal(readFileSync(path).includes(Buffer.from(first.publicKey)), false);
});

test("a changed file, another key, or a missing folder is an error with a code", async () => {
  const path = join(folder, "changed");
  await deviceFile(path, key);
  const other = new Uint8Array(32).fill(8);
  await assert.rejects(deviceFile(path, other), { code: "store-damaged" });
  const bytes = readFileSync(path);
  for (const at of [0, 4, 6, 20, bytes.length - 1]) {
    const changed = Buffer.from(bytes);
    changed[at] ^= 1;
    writeFileSync(path, changed);
    await assert.rejects(deviceFile(path, key), { code: "store-damaged" }, `byte ${at}`);
  }
  writeFileSync(path, bytes.subarray(0, 10));
  await assert.rejects(deviceFile(path, key), { code: "store-damaged" });
  await assert.rejects(deviceFile(join(folder, "no", "folder"), key), { code: "store-failed" });
  await assert.rejects(deviceFile(path, key.subarray(1)), { code: "bad-argument" });
});

test("a key of a key management service signs, and one that does not fit is refused", async () => {
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const pair = await crypto.subtle.generateKey(algorithm, false, ["sign", "verify"]);
  const publicKey = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  const sign = async (bytes) =>
    new Uint8Array(await crypto.subtle.sign(algorithm, pair.privateKey, bytes));
  const service = await Sealframe.start({ device: { publicKey, sign } });
  assert.match(service.bundle.id, /^[0-9a-f]{32}$/);
  const wrong = [
    { publicKey, sign: async () => new Uint8Array(64) },
    { publicKey, sign: async () => new Uint8Array(3) },
    { publicKey: publicKey.subarray(1), sign },
    { sign },
    "key",
  ];
  for (const device of wrong) await assert.rejects(Sealframe.start({ device }), refused("device"));
});

test("wrong arguments are a SealframeError that names them", async () => {
  const [{ sealframe, call }] = await callOf("strict");
  assert.throws(() => call.seal({ ...opus, codec: undefined }), refused("codec"));
  assert.throws(() => call.seal({ kind: "text", codec: "text/plain" }), refused("kind"));
  assert.throws(() => call.open(opus), refused("from"));
  assert.throws(() => call.seal(opus).pass("frame"), refused("frame"));
  await assert.rejects(call.receive("bytes"), refused("bytes"));
  await assert.rejects(call.setMembers("bob"), refused("members"));
  await assert.rejects(sealframe.join("room-42"), { code: "device-busy" });
  await assert.rejects(sealframe.join(""), refused("callId"));
  await sealframe.close();
  assert.throws(() => call.seal(opus), { code: "call-closed" });
  await assert.rejects(sealframe.join("room-43"), { code: "call-closed" });
});

test("keys of the application work without a device", async () => {
  const sealframe = await Sealframe.start();
  const keys = { alice: key, bob: new Uint8Array(32).fill(9) };
  const alice = await sealframe.join("room-42", { keys, as: "alice" });
  const bob = await sealframe.join("room-42", { keys, as: "bob" });
  const [frame] = FRAMES["audio/opus"];
  const sealed = alice.seal(opus).pass(frame);
  assert.deepEqual(Buffer.from(bob.open({ ...opus, from: "alice" }).pass(sealed)), frame);
  assert.equal(sealframe.bundle, undefined);
  await sealframe.close();
});

test("the process ends once its calls are closed", () => {
  const script = `
    import { Sealframe } from "sealframe/node";
    const sealframe = await Sealframe.start();
    const call = await sealframe.join("room", { as: "alice", keys: { alice: new Uint8Array(32) } });
    await sealframe.close();`;
  const options = { cwd: new URL("../..", import.meta.url), timeout: DEADLINE_MS };
  execFileSync(process.execPath, ["--input-type=module", "--eval", script], options);
});
