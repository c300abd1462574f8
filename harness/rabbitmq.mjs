// A private RabbitMQ with STOMP over WebSockets: Debian's program on loopback, with its data in a
// folder that is removed at the end. It needs epmd and would leave it running, so epmd is private
// too.
import { createHash, randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { needProgram } from "./find-program.mjs";
import { Workshop, freePorts } from "./programs.mjs";

/**
 * Milliseconds that a start may take. It needs a few seconds of processor time on a busy machine.
 */
const START_LIMIT = 300_000;

/** The user that may do anything. `startBroker` adds it unless it gets a list of users. */
export const GUEST = { login: "guest", passcode: "guest" };

/**
 * @typedef {{ login: string, passcode: string, read?: string, write?: string }} User patterns of the
 *   topics that it may read and write; `{username}` stands for its name
 * @param {User[]} [users] @returns the broker once it answers: `url` for WebSockets, `stop()`, which
 *   keeps what is stored, `start()` after that, and `close()`
 */
export async function startBroker(users = [GUEST]) {
  const [port, distribution, mapper] = await freePorts(3);
  const workshop = await Workshop.open("rabbitmq");
  const { folder } = workshop;
  const url = `ws://127.0.0.1:${port}/ws`;
  let server;
  const start = async () => {
    server = workshop.run(needProgram("rabbitmq"), [], environment(folder, distribution, mapper));
    await server.answers(url, "v12.stomp", START_LIMIT, greeting(users[0]));
  };
  try {
    await writeSettings(folder, port, users);
    workshop.run("epmd", ["-address", "127.0.0.1", "-port", `${mapper}`]);
    await start();
    return { url, start, stop: () => server.end(), close: () => workshop.close() };
  } catch (error) {
    await workshop.close();
    throw error;
  }
}

/**
 * The broker listens before it knows its users, and does not answer users that it refuses at that
 * time.
 */
function greeting({ login, passcode }) {
  const say = `CONNECT\naccept-version:1.2\nhost:/\nlogin:${login}\npasscode:${passcode}\n\n\0`;
  return { say, hear: "CONNECTED" };
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
    users: users.map(({ login, passcode }) => ({
      name: login,
      password_hash: hash(passcode),
      hashing_algorithm: "rabbit_password_hashing_sha256",
      tags: "",
    })),
    permissions: users.map(({ login }) => ({
      user: login,
      vhost,
      configure: ".*",
      read: ".*",
      write: ".*",
    })),
    topic_permissions: users.map(({ login, read = ".*", write = ".*" }) => ({
      user: login,
      vhost,
      exchange: "amq.topic",
      read,
      write,
    })),
  };
}

/** A password as RabbitMQ stores it: salt ‖ SHA-256(salt ‖ password). */
function hash(passcode) {
  const salt = randomBytes(4);
  return Buffer.concat([
    salt,
    createHash("sha256").update(salt).update(passcode).digest(),
  ]).toString("base64");
}
