// A Janus videoroom of one's own: Debian's program with its own settings in a folder that goes with
// it, on loopback only. It ends when it is closed, and at the latest when this process does.
import { spawn } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { mkdtemp, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import WebSocket from "ws";
import { mediaAddress } from "./network.mjs";

const START_LIMIT = 20_000;
const CLOSE_LIMIT = 3_000;
const LOG_LIMIT = 4096;

/** Of what Debian's package brings, only the videoroom and WebSockets are loaded. */
const UNUSED = {
  loggers: ["jsonlog"],
  plugins: [
    "audiobridge", "duktape", "echotest", "lua", "nosip", "recordplay", "sip",
    "streaming", "textroom", "videocall", "voicemail",
  ],
  transports: ["http", "mqtt", "nanomsg", "pfunix", "rabbitmq"],
};

/** @returns {Promise<{ url: string, close(): Promise<void> }>} once it answers */
export async function startJanus() {
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), "sealframe-janus-"));
  const server = run(folder);
  const url = `ws://127.0.0.1:${port}`;
  try {
    await writeSettings(folder, port);
    server.start();
    await answers(server, url);
    return { url, close: () => server.close() };
  } catch (error) {
    await server.close();
    throw error;
  }
}

/** The process, its last words and its folder. */
function run(folder) {
  let child;
  let log = "";
  const abandon = () => {
    child?.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  };
  process.once("exit", abandon);
  const listen = (chunk) => (log = (log + chunk).slice(-LOG_LIMIT));
  return {
    start() {
      child = spawn(find(), ["-F", folder, "-C", join(folder, "janus.jcfg")], { stdio: ["ignore", "pipe", "pipe"] });
      child.on("error", listen);
      child.stdout.on("data", listen);
      child.stderr.on("data", listen);
    },
    ended: () => child.exitCode !== null || child.signalCode !== null || child.pid === undefined,
    log: () => log,
    async close() {
      if (child?.pid) await end(child);
      process.off("exit", abandon);
      abandon();
    },
  };
}

/** Politely, then not. */
async function end(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((done) => child.once("exit", done));
  const timer = setTimeout(() => child.kill("SIGKILL"), CLOSE_LIMIT);
  child.kill("SIGTERM");
  await gone;
  clearTimeout(timer);
}

async function writeSettings(folder, port) {
  const disabled = Object.entries(UNUSED).map(([kind, names]) => {
    const files = names.map((name) => `libjanus_${name}.so`);
    return `${kind}: { disable = "${files.join(",")}" }`;
  });
  const files = {
    "janus.jcfg": [
      `general: { configs_folder = "${folder}", debug_level = 3, debug_colors = false }`,
      // Its candidates then stand in its descriptions: the client has none to queue.
      `nat: { ice_enforce_list = "${mediaAddress()}", full_trickle = false }`,
      ...disabled,
    ],
    "janus.plugin.videoroom.jcfg": ["general: { string_ids = true }"],
    "janus.transport.websockets.jcfg": [
      `general: { ws = true, ws_ip = "127.0.0.1", ws_port = ${port}, wss = false }`,
      "admin: { admin_ws = false, admin_wss = false }",
    ],
  };
  const written = Object.entries(files).map(([name, lines]) => writeFile(join(folder, name), `${lines.join("\n")}\n`));
  await Promise.all(written);
}

/** Waits until a client is let in. */
async function answers(server, url) {
  const end = Date.now() + START_LIMIT;
  while (Date.now() < end && !server.ended()) {
    if (await opens(url)) return;
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error(`Janus did not start:\n${server.log()}`);
}

function opens(url) {
  const socket = new WebSocket(url, "janus-protocol", { handshakeTimeout: 2000 });
  return new Promise((done) => {
    socket.once("open", () => done(true)).once("error", () => done(false));
  }).finally(() => socket.terminate());
}

/** Free now; whoever takes it before Janus does makes the start fail, loudly. */
async function freePort() {
  const server = createServer();
  await new Promise((done, failed) => server.once("error", failed).listen(0, "127.0.0.1", done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}

function find() {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const path = [process.env.JANUS, ...folders.map((folder) => join(folder, "janus"))].find((path) => path && existsSync(path));
  if (!path) throw new Error("no janus here: install it, or name it in JANUS");
  return path;
}
