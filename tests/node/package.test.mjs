// The package as npm would publish it: its files and declarations, and that anything can import it.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const read = (path) => readFileSync(join(root, path), "utf8");
const manifest = JSON.parse(read("package.json"));

test("every path of the exports map exists and resolves", () => {
  for (const [name, target] of Object.entries(manifest.exports)) {
    for (const path of typeof target === "string" ? [target] : Object.values(target)) {
      assert.ok(existsSync(join(root, path)), path);
    }
    const url = import.meta.resolve(name.replace(".", "sealframe"));
    assert.ok(existsSync(fileURLToPath(url)), url);
  }
});

test("importing the package outside a browser has no effect", async () => {
  const before = Object.keys(globalThis);
  const { Sealframe } = await import("sealframe");
  assert.equal(typeof Sealframe.start, "function");
  assert.deepEqual(Object.keys(globalThis), before);
  await assert.rejects(Sealframe.start(), { code: "unsupported-browser" });
  const { supported, frames, missing } = Sealframe.support();
  assert.deepEqual([supported, frames], [false, undefined]);
  assert.ok(missing.includes("encoded-transform") && !missing.includes("wasm-simd"));
});

const without = !process.features.require_module && "this Node cannot require() a module";

test("require() and import give the same classes", { skip: without }, async () => {
  const required = createRequire(import.meta.url)("sealframe");
  assert.equal(required.Sealframe, (await import("sealframe")).Sealframe);
});

test("worker.js is one file, too large to become a data: URL", () => {
  const worker = read("dist/worker.js");
  assert.ok(worker.length > 4096);
  const code = worker.replace(/^\s*(\/\*|\*|\/\/).*$/gm, "");
  assert.doesNotMatch(code, /^\s*(import|export)\b|\bimport\(|import\.meta/m);
});

test("index.js names its assets in the form that bundlers look for", () => {
  const index = read("dist/index.js");
  for (const file of ["worker.js", "core.wasm", "argon2.wasm", "mls.wasm"]) {
    assert.match(
      index,
      new RegExp(`^(var|const) \\w+ = new URL\\("\\./${file}", import\\.meta\\.url\\);$`, "m"),
    );
  }
  assert.doesNotMatch(index, /^\s*import\b/m);
});

test("entries of their own import only index.js, so errors of all have one class", async () => {
  const { SealframeError } = await import("sealframe");
  const { connect } = await import("sealframe/stomp");
  const { consume } = await import("sealframe/mediasoup");
  const { LiveKitManager } = await import("sealframe/livekit");
  const { reporter } = await import("sealframe/report");
  const livekit = () => new LiveKitManager();
  for (const start of [connect, livekit, reporter]) assert.throws(() => start(), SealframeError);
  await assert.rejects(consume({}, {}, {}), SealframeError);
  for (const file of ["livekit.js", "mediasoup.js", "report.js", "stomp.js"]) {
    const from = read(`dist/${file}`).match(/\bfrom ".*"/g);
    assert.deepEqual(from, ['from "./index.js"'], file);
  }
  for (const name of Object.keys(manifest.peerDependencies))
    assert.equal(manifest.peerDependenciesMeta[name].optional, true, name);
});

test("no module contains a path of the machine that built it", () => {
  for (const module of ["core.wasm", "argon2.wasm", "mls.wasm"]) {
    const text = readFileSync(join(root, "dist", module), "latin1");
    assert.ok(!text.includes(root), module);
    assert.doesNotMatch(text, /\/(root|home|Users)\/|registry\/src/, module);
  }
});

test("npm packs only dist/ and documents", () => {
  const { stdout } = spawnSync("npm", ["pack", "--dry-run", "--json"], {
    cwd: root,
    encoding: "utf8",
  });
  const [{ files }] = JSON.parse(stdout);
  const others = files.map(({ path }) => path).filter((path) => !path.startsWith("dist/"));
  for (const path of others)
    assert.match(path, /^(package\.json|README\.md|LICENSE.*|CHANGELOG\.md)$/);
});

test("the lock files contain no host", () => {
  for (const folder of ["", "bench/", "tests/pack/"])
    assert.doesNotMatch(read(`${folder}package-lock.json`), /"resolved"|\.tgz"/, folder);
});

test("development tools are pinned exactly", () => {
  const { dependencies } = JSON.parse(read("tests/pack/package.json"));
  // A second version of a package has another name: "npm:vite@7.3.8".
  for (const version of Object.values({ ...manifest.devDependencies, ...dependencies }))
    assert.match(version, /^(npm:(@[\w-]+\/)?[\w.-]+@)?\d+\.\d+\.\d+$/);
  const bindgen = (path) => /^wasm-bindgen(?:-cli-support)? = .*"=([\d.]+)"/m.exec(read(path))[1];
  assert.equal(bindgen("crates/glue/Cargo.toml"), bindgen("Cargo.toml"));
});

/** Compiles files, by their names, as an application in strict TypeScript would be. */
function compile(t, files) {
  const folder = mkdtempSync(join(root, "target/types-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const paths = Object.keys(files).map((name) => join(folder, name));
  Object.values(files).forEach((text, i) => writeFileSync(paths[i], text));
  const flags = "--noEmit --strict --target es2022 --module nodenext --lib esnext,dom".split(" ");
  const tsc = join(root, "node_modules/.bin/tsc");
  return spawnSync(tsc, ["--ignoreConfig", ...flags, ...paths], { cwd: root, encoding: "utf8" });
}

test("an application in strict TypeScript compiles against the declarations", (t) => {
  const { status, stdout } = compile(t, { "app.ts": APPLICATION });
  assert.equal(status, 0, stdout);
});

test("every example in the documents compiles in strict TypeScript", (t) => {
  const blocks = PAPERS.flatMap((path) => {
    const found = [...read(path).matchAll(/^```js\n(.*?)^```$/gms)];
    const name = path.replace(/^.*\/|\.md$/g, "");
    return found.map(([, code], at) => [`${name}-${at + 1}.ts`, `${code}export {};\n`]);
  });
  assert.ok(blocks.some(([name]) => name.startsWith("README")));
  assert.ok(blocks.filter(([name]) => name.startsWith("guide")).length >= 8);
  const { status, stdout } = compile(t, { "given.d.ts": GIVEN, ...Object.fromEntries(blocks) });
  assert.equal(status, 0, stdout);
});

const PAPERS = ["README.md", "docs/guide.md", "docs/api.md", "docs/transports.md", "docs/node.md"];

// Values that the examples use and do not make.
const GIVEN = `
declare const Sealframe: typeof import("sealframe").Sealframe;
declare const sealframe: import("sealframe").Sealframe;
declare const call: import("sealframe").Call;
declare const signaling: {
  send(to: string, bytes: Uint8Array<ArrayBuffer>): void;
  onmessage: (message: { bytes: Uint8Array; from?: string }) => unknown;
};
declare const iceServers: RTCIceServer[];
declare const camera: MediaStreamTrack;
declare const stream: MediaStream;
declare const pc: RTCPeerConnection;
declare const receiver: RTCRtpReceiver;
declare const channel: RTCDataChannel;
declare const bob: { bundle: import("sealframe").Bundle };
declare const [phone, laptop, carol]: import("sealframe").Bundle[];
declare const [key1, key2, file, bytes, fileKey]: Uint8Array[];
declare const [password, passphrase]: string[];
declare const connectHeaders: { [name: string]: string };
declare function show(progress: import("sealframe").Progress): void;
declare function warn(name: string, added: string[]): void;
declare function record(frame: Uint8Array): void;
declare const service: { publicKey(): Promise<Uint8Array>; sign(bytes: Uint8Array): Promise<Uint8Array> };
declare function send(to: string, bytes: Uint8Array): void;
declare function onReceived(take: (bytes: Uint8Array, from?: string) => unknown): void;
`;

// What the examples leave out, and what must not compile.
const APPLICATION = `
import { Client } from "@stomp/stompjs";
import { Sealframe, SealframeError } from "sealframe";
import type { CallEvents } from "sealframe";
import { reporter, type Report } from "sealframe/report";
import { connect } from "sealframe/stomp";
import { initSync, Call } from "sealframe/core";
declare const inNode: import("sealframe/node").Call;
const sealframe = await Sealframe.start();
const call = await sealframe.join("room-42");
const connection: RTCPeerConnection = new RTCPeerConnection(call.configuration({ iceServers: [] }));
await call.setMembers([sealframe.bundle!, new Uint8Array(130)]);
await call.setMembers([{ name: "bob", devices: [sealframe.bundle!] }]);
const file: Uint8Array = await sealframe.recoveryFile();
const number: string = await sealframe.safetyNumber(sealframe.bundle!);
const restored = await Sealframe.start({ restore: { file, password: number }, onprogress: ({ fraction }) => void fraction });
const words = await restored.join("room-43", { passphrase: "words", as: "alice" });
await words.openData(await words.sealData(new Uint8Array(), { to: "bob" }), "bob");
const kems: ("p256" | "mlkem768-p256" | "rsa")[] = (await call.stats()).members.map(({ kem }) => kem);
call.seal(connection.getSenders()[0]!, { track: "camera" });
call.open(connection.getReceivers()[0]!, { from: sealframe.bundle!.id, track: "camera" });
const codeOf = (error: unknown): string => (error instanceof SealframeError ? error.code : "");
const why = (error: SealframeError): string | number | undefined => (error.reason === "http-status" ? error.status : error.url);
const end: () => void = connect(call, new Client({ brokerURL: "wss://broker" }), { prefix: "/queue/keys." });
end();
const told = ({ code, from }: CallEvents["error"]): string | undefined => from ?? code;
call.addEventListener("error", told);
call.removeEventListener("error", told);
call.addEventListener("error", { handleEvent: told }, { once: true });
call.addEventListener("message", ({ to, bytes }) => new WebSocket(to).send(bytes));
call.addEventListener("state", ({ direction, kind, sender, track, state, code }) => [direction, kind, sender, track, state === "sealed", code]);
call.addEventListener("state", ({ rtpSender, rtpReceiver }) => rtpSender?.track ?? rtpReceiver?.track);
call.addEventListener("restarted", ({ code }) => code);
call.addEventListener("keys-changed", ({ name, added }) => [name, ...added]);
call.addEventListener("leak-stopped", ({ rtpSender, track, kind, sender, code }) => [rtpSender.track, track, kind, sender, code]);
call.addEventListener("of the application", (event) => event.type);
// @ts-expect-error: no field of this event
call.addEventListener("message", ({ code }) => code);
// @ts-expect-error: of another event
call.removeEventListener("message", told);
const text: string = JSON.stringify(await reporter(call)({ names: true }));
const { events, streams }: Report = await reporter(inNode)();
await call.close().catch(codeOf);
initSync({ module: new Uint8Array() });
void [Call, kems, why, text, events, streams];
`;
