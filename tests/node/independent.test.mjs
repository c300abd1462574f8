// The script that opens a capture without our code opens genuine frames, and reports others.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { callOf, FRAMES, key, kindOf, pass } from "./core.mjs";

const script = fileURLToPath(new URL("independent.mjs", import.meta.url));
const vectors = new URL("../vectors/sealframe-group-frames.json", import.meta.url);

test("independent.mjs opens a capture of every codec, and fails with another key", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "capture-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const capture = join(folder, "capture.jsonl");
  writeFileSync(capture, lines().join("\n"));
  const run = (hex) =>
    spawnSync("node", [script, "--capture", capture, "--key", hex], { encoding: "utf8" });
  const { status, stdout } = run(key.toString("hex"));
  assert.equal(status, 0, stdout);
  assert.equal(Object.keys(JSON.parse(stdout).opened).length, Object.keys(FRAMES).length);
  assert.equal(run("11".repeat(32)).status, 1);
  writeFileSync(capture, lines().join("\n").replaceAll('"alice"', '"bob"'));
  assert.equal(run(key.toString("hex")).status, 1, "it names no other sender");
});

test("independent.mjs opens a captured MLS call, given one member's epochs", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "capture-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = (name, records) => {
    writeFileSync(join(folder, name), records.map((record) => JSON.stringify(record)).join("\n"));
    return join(folder, name);
  };
  const { epochs, frames } = JSON.parse(readFileSync(vectors, "utf8"));
  const run = (change) => {
    const arguments_ = ["--capture", file("capture", frames.map(change).map(captured))];
    return spawnSync("node", [script, ...arguments_, "--epochs", file("epochs", epochs)], {
      encoding: "utf8",
    });
  };
  const { status, stdout } = run((frame) => frame);
  assert.equal(status, 0, stdout);
  const { opened } = JSON.parse(stdout);
  assert.equal(opened.opus + opened.vp8, frames.length);
  const other = ({ sender, epoch, ...frame }) => {
    const names = epochs[epoch].members.map(([, name]) => name);
    return { ...frame, sender: names.find((name) => name !== sender) ?? "mallory" };
  };
  const { status: failed, stdout: counts } = run(other);
  assert.equal(failed, 1, "a frame of another leaf does not open as its sender's");
  assert.deepEqual(JSON.parse(counts).opened, {});
});

test("independent.mjs imports only modules of Node and independent-windows.mjs", () => {
  for (const name of ["independent.mjs", "independent-windows.mjs"]) {
    const text = readFileSync(new URL(name, import.meta.url), "utf8");
    const imports = [...text.matchAll(/(?:from |import\()"([^"]+)"/g)].map((match) => match[1]);
    for (const from of imports) assert.match(from, /^(node:\w+|\.\/independent-windows\.mjs)$/);
  }
});

/** The lines that `npm run call -- --capture FILE` writes. */
function lines() {
  const call = callOf("alice", { alice: key });
  return Object.entries(FRAMES).flatMap(([mime, frames]) => {
    const [kind, codec] = mime.toLowerCase().split("/");
    const stream = call.seal_stream(kindOf(mime), "camera");
    return frames.map((frame) => {
      const wire = pass(call, "seal", stream, mime, frame).toString("base64");
      return JSON.stringify({
        kind,
        codec,
        type: "key",
        sender: "alice",
        track: "camera",
        kid: 0,
        wire,
      });
    });
  });
}

/** A frame of the vectors as a line of a capture. */
const captured = ({ wire, codec, ...frame }) => ({
  ...frame,
  codec,
  kind: codec === "opus" ? "audio" : "video",
  wire: Buffer.from(wire, "hex").toString("base64"),
});
