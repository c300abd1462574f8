// A RabbitMQ of one's own, with STOMP over WebSockets: Debian's program, its data in a folder that
// goes with it, on loopback only. So is epmd, which it needs and would leave running. Both end when
// the broker is closed, and at the latest when this process does.
import { spawn } from "node:child_process";
import { createHash, randomBytes, randomUUID } from "node:crypto";
import { existsSync, rmSync } from "node:fs";
import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import WebSocket from "ws";

/** A few seconds of processor time, and a busy machine gives little of it. */
const START_LIMIT = 120_000;
const CLOSE_LIMIT = 10_000;
const LOG_LIMIT = 8192;

/** Debian's command of that name changes its user and its folder; this is what it runs then. */
const SERVER = process.env.RABBITMQ ?? "/usr/lib/rabbitmq/bin/rabbitmq-server";

/** May do anything, unless `startBroker` is told of others. */
export const GUEST = { login: "guest", passcode: "guest" };

/**
 * @typedef {{ login: string, passcode: string, read?: string, write?: string }} User patterns of the
 *   topics that it may read and write; `{username}` stands for its name
 * @param {User[]} [users] @returns the broker once it answers: `url` for WebSockets, `stop()`, which
 *   keeps what is stored, `start()` after that, and `close()`
 */
export async function startBroker(users = [GUEST]) {
  const folder = await mkdtemp(join(tmpdir(), "sealframe-rabbitmq-"));
  const [port, distribution, mapper] = await freePorts(3);
  const url = `ws://127.0.0.1:${port}/ws`;
  const programs = [];
  const abandon = () => {
    programs.forEach((program) => program.kill("SIGKILL"));
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  process.once("exit", abandon);
  const start = async () => {
    programs[1] = run(SERVER, [], environment(folder, distribution, mapper));
    await answers(programs[1], url);
  };
  const close = async () => {
    for (const program of programs.reverse()) await program.end();
    process.off("exit", abandon);
    abandon();
  };
  try {
    await writeSettings(folder, port, users);
    programs[0] = run("epmd", ["-address", "127.0.0.1", "-port", `${mapper}`], process.env);
    await start();
    return { url, start, stop: () => programs[1].end(), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A program, the head of its own process group, and its last words. */
function run(path, args, env) {
  const child = spawn(path, args, { env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  const gone = new Promise((done) => child.once("close", done).once("error", done));
  let log = "";
  const listen = (chunk) => (log = (log + chunk).slice(-LOG_LIMIT));
  child.on("error", listen);
  child.stdout.on("data", listen);
  child.stderr.on("data", listen);
  const ended = () => child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
  const kill = (signal) => {
    try {
      if (!ended()) process.kill(-child.pid, signal);
    } catch {
      // It is gone already.
    }
  };
  return { kill, ended, log: () => log, end: () => end(kill, ended, gone) };
}

/** Politely, then not. */
async function end(kill, ended, gone) {
  if (ended()) return;
  const timer = setTimeout(kill, CLOSE_LIMIT, "SIGKILL");
  kill("SIGTERM");
  await gone;
  clearTimeout(timer);
}

function environment(folder, distribution, mapper) {
  return {
    PATH: process.env.PATH,
    LANG: "C.UTF-8",
    HOME: folder,
    ERL_EPMD_ADDRESS: "127.0.0.1",
    ERL_EPMD_PORT: `${mapper}`,
    RABBITMQ_CONFIG_FILE: join(folder, "rabbitmq.conf"),
    RABBITMQ_CONF_ENV_FILE: join(folder, "no-such-file"),
    RABBITMQ_DIST_PORT: `${distribution}`,
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, "plugins"),
    RABBITMQ_LOG_BASE: join(folder, "log"),
    RABBITMQ_MNESIA_BASE: join(folder, "data"),
    RABBITMQ_NODENAME: `sealframe-${mapper}@localhost`,
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: "-kernel inet_dist_use_interface {127,0,0,1} +S 1:1",
  };
}

async function writeSettings(folder, port, users) {
  const settings = [
    "listeners.tcp = none",
    "stomp.listeners.tcp = none",
    "web_stomp.tcp.ip = 127.0.0.1",
    `web_stomp.tcp.port = ${port}`,
    `load_definitions = ${join(folder, "definitions.json")}`,
    "log.console = true",
    "log.console.level = warning",
  ];
  await Promise.all(["data", "log"].map((name) => mkdir(join(folder, name))));
  await writeFile(join(folder, "rabbitmq.conf"), `${settings.join("\n")}\n`);
  await writeFile(join(folder, "plugins"), "[rabbitmq_web_stomp].\n");
  await writeFile(join(folder, "definitions.json"), JSON.stringify(definitions(users)));
}

function definitions(users) {
  const vhost = "/";
  return {
    vhosts: [{ name: vhost }],
    users: users.map(({ login, passcode }) => ({ name: login, password_hash: hash(passcode), hashing_algorithm: "rabbit_password_hashing_sha256", tags: "" })),
    permissions: users.map(({ login }) => ({ user: login, vhost, configure: ".*", read: ".*", write: ".*" })),
    topic_permissions: users.map(({ login, read = ".*", write = ".*" }) => ({ user: login, vhost, exchange: "amq.topic", read, write })),
  };
}

/** As RabbitMQ stores it: salt ‖ SHA-256(salt ‖ password). */
function hash(passcode) {
  const salt = randomBytes(4);
  return Buffer.concat([salt, createHash("sha256").update(salt).update(passcode).digest()]).toString("base64");
}

/** Waits until a client is let in. */
async function answers(program, url) {
  const end = Date.now() + START_LIMIT;
  while (Date.now() < end && !program.ended()) {
    if (await opens(url)) return;
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error(`RabbitMQ did not start:\n${program.log()}`);
}

function opens(url) {
  const socket = new WebSocket(url, "v12.stomp", { handshakeTimeout: 2000 });
  return new Promise((done) => {
    socket.once("open", () => done(true)).once("error", () => done(false));
  }).finally(() => socket.terminate());
}

/** Free now; whoever takes one before it is used makes the start fail, loudly. */
async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer());
  const bound = servers.map((server) => new Promise((done, failed) => server.once("error", failed).listen(0, "127.0.0.1", done)));
  await Promise.all(bound);
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}
