// dist/core.wasm with relaxed SIMD, as js/worker/core.ts loads it if the engine has it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import * as strict from "sealframe/core";
import { relaxSwizzles } from "../../target/js/worker/relaxed-simd.js";
import { key, memory, wasm } from "./core.mjs";

/** Node 20 has relaxed SIMD behind a flag; later versions always have it. */
const old = process.version.startsWith("v20.");
const OPUS = "audio/opus";

test("an engine without relaxed SIMD gets the module unchanged", {
  skip: !old,
}, () => {
  assert.equal(relaxSwizzles(wasm), wasm);
});

test("the core with relaxed SIMD and the core without open each other's frames", async () => {
  if (old) setFlagsFromString("--experimental-wasm-relaxed-simd");
  const module = relaxSwizzles(wasm);
  const changed = wasm.reduce((count, byte, at) => count + (byte !== module[at] ? 1 : 0), 0);
  assert.ok(changed > 100 && changed % 2 === 0, `${changed} bytes`);
  const glue = await import("../../target/glue/core.js?relaxed");
  const cores = [side(strict, memory), side(glue, glue.initSync({ module }).memory)];
  assert.notEqual(...cores.map((core) => core.memory));
  for (const length of [20, 120, 1200, 5000, 60_000]) {
    const frame = Buffer.from(Array.from({ length }, (_, at) => 252 + 7 * at));
    const sealed = cores.map((core) => core.pass("seal", frame));
    for (const [i, core] of cores.entries())
      assert.deepEqual(core.pass("open", sealed[1 - i]), frame);
  }
});

/** A core in which alice seals and bob opens. */
function side(glue, memory) {
  const callOf = (own) => new glue.Call("room", own, undefined, undefined, 1, 0);
  const [alice, bob] = ["alice", "bob"].map(callOf);
  for (const call of [alice, bob]) call.set_keys(["alice"], [key], 0);
  const streams = { seal: alice.seal_stream(1, ""), open: bob.open_stream(1, "alice", "") };
  const pass = (verb, bytes) => {
    const call = verb === "seal" ? alice : bob;
    const at = call.scratch(bytes.length);
    new Uint8Array(memory.buffer, at, bytes.length).set(bytes);
    const length = call[verb](streams[verb], glue.codec_number(OPUS), bytes.length);
    assert.ok(length > 0, `${verb}: ${glue.error_codes()[-length]}`);
    return Buffer.from(new Uint8Array(memory.buffer, call.start(), length));
  };
  return { memory, pass };
}
