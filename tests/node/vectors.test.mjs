// Our vectors, which tests/*.rs pass through the core, checked again without our code. And messages
// of the core, read by the second implementation.
// WebCrypto has no Argon2id, so its results are taken from the vectors.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { hex, hkdf, openEnvelope, read, sha, verify } from "../vectors/check.mjs";
import { generate } from "../vectors/generate/main.mjs";
import { pass } from "./core.mjs";
import { join, meet } from "./device.mjs";
import { openFrame } from "./independent.mjs";

const { subtle } = globalThis.crypto;
const path = (name) => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const script = path("tests/vectors/check.mjs");
const CHECKED = ["envelope", "announcement", "recovery", "safety", "data", "application"].map(
  (name) => `sealframe-${name}.json`,
);

test("tests/vectors/check.mjs checks all vectors, in 350 lines without our code", () => {
  const { status, stderr } = spawnSync("node", [script], { encoding: "utf8" });
  assert.equal(status, 0, stderr);
  const text = readFileSync(script, "utf8");
  assert.ok(text.trimEnd().split("\n").length <= 350);
  const imports = [...text.matchAll(/(?:from |import\()"([^"]+)"/g)].map((match) => match[1]);
  assert.ok(imports.length > 0);
  for (const from of imports)
    assert.match(from, /^(node:\w+(\/strict)?|@noble\/post-quantum\/ml-kem\.js)$/);
});

test("tests/vectors/check.mjs fails if one digit of a file is changed", (t) => {
  const folder = mkdtempSync(path("target/vectors-")); // where it finds the packages that it imports
  t.after(() => rmSync(folder, { recursive: true }));
  const copy = (name) => `${folder}/${name}`;
  copyFileSync(script, copy("check.mjs"));
  for (const name of CHECKED) copyFileSync(path(`tests/vectors/${name}`), copy(name));
  const status = () => spawnSync("node", [copy("check.mjs")]).status;
  assert.equal(status(), 0);
  for (const name of CHECKED) {
    const text = readFileSync(copy(name), "utf8");
    const field = /("(?:message|payload|half|alice)": "[0-9a-f]+)(.)"/;
    writeFileSync(
      copy(name),
      text.replace(field, (_, front, digit) => `${front}${digit === "0" ? 1 : 0}"`),
    );
    assert.equal(status(), 1, name);
    writeFileSync(copy(name), text);
  }
});

test("tests/vectors/check-group.mjs checks the vectors of groups, without our code", (t) => {
  const checker = path("tests/vectors/check-group.mjs");
  const text = readFileSync(checker, "utf8");
  const imports = [...text.matchAll(/ from "([^"]+)"/g)].map((match) => match[1]);
  for (const from of imports)
    assert.match(from, /^(node:\w+(\/strict)?|@noble\/post-quantum\/ml-kem\.js)$/);
  const folder = mkdtempSync(path("target/vectors-"));
  t.after(() => rmSync(folder, { recursive: true }));
  copyFileSync(checker, `${folder}/check-group.mjs`);
  const vectors = readFileSync(path("tests/vectors/sealframe-group.json"), "utf8");
  const run = (file) => {
    writeFileSync(`${folder}/sealframe-group.json`, file);
    return spawnSync("node", [`${folder}/check-group.mjs`], { encoding: "utf8" });
  };
  const { status, stderr } = run(vectors);
  assert.equal(status, 0, stderr);
  for (const name of [
    "certificate",
    "signature",
    "branch",
    "nonce",
    "ct",
    "message",
    "authenticator",
  ]) {
    const field = new RegExp(`("${name}": "[0-9a-f]+)(.)"`);
    const changed = vectors.replace(
      field,
      (_, front, digit) => `${front}${digit === "0" ? 1 : 0}"`,
    );
    assert.ok(changed !== vectors && run(changed).status === 1, name);
  }
});

// Vectors with Argon2id are left out: in JavaScript it takes as long as all other tests together.
test("the generators make the same vectors again", async () => {
  for (const name of [
    "envelope",
    "announcement",
    "application",
    "safety",
    "data",
    "group-frames",
  ]) {
    const { old, made } = await generate(name);
    assert.ok(old.length > 1_000 && made === old, name);
  }
});

test("tests/vectors/check.mjs opens messages of the core in every suite", async () => {
  const kems = ["p256", "mlkem768-p256", "rsa"];
  const parties = await Promise.all(kems.map((kem) => join("room", { kem, weakest: 3 })));
  await meet(parties);
  const [alice, ...others] = parties;
  for (const { id, suite, agreement, seed } of others) {
    const mine = alice.outputs.find(
      ({ type, to, bytes }) => type === "send" && to === id && bytes[1] === 1,
    );
    const message = Buffer.from(mine.bytes);
    assert.ok(await verify(alice.bundle, message));
    const own = await subtle.exportKey("jwk", agreement.privateKey);
    const { baseKey } = await openEnvelope({ suite, agreement: own, seed }, message);
    const wire = pass(alice.call, "seal", alice.call.seal_stream(1, "mic"), "audio/opus", baseKey);
    const record = { kind: "audio", codec: "opus", track: "mic", wire: wire.toString("base64") };
    assert.deepEqual(await openFrame(record, baseKey), baseKey);
  }
});

test("sender keys of the passphrase vectors derive from their call keys", async () => {
  for (const { call, salt, callKey, senders } of read("passphrase").calls) {
    assert.equal((await sha(256, "sealframe/1 passphrase", call)).toString("hex"), salt);
    for (const [sender, baseKey] of Object.entries(senders)) {
      const made = await hkdf(hex(callKey), 32, "sealframe/1 passphrase sender", sender);
      assert.equal(made.toString("hex"), baseKey);
    }
  }
});
