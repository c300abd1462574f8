// Starts programs in a new folder, on loopback. `close()` ends them and removes the folder. The
// exit of this process does so too.
import { spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import WebSocket from "ws";
import { sleep } from "./sleep.js";

const LOG_LIMIT = 8192;
/** Milliseconds that a program may take to end after SIGTERM. */
const CLOSE_LIMIT = 10_000;

export class Workshop {
  #programs = [];
  #abandon = () => this.#leave();

  constructor(/** @type {string} */ folder) {
    this.folder = folder;
    process.once("exit", this.#abandon);
  }

  static async open(/** @type {string} */ name) {
    return new Workshop(await mkdtemp(join(tmpdir(), `sealframe-${name}-`)));
  }

  /** @param {string} path @param {string[]} args @param {NodeJS.ProcessEnv} [env] */
  run(path, args, env = process.env) {
    const program = new Program(path, args, env);
    this.#programs.unshift(program);
    return program;
  }

  async close() {
    for (const program of this.#programs) await program.end();
    process.off("exit", this.#abandon);
    this.#leave();
  }

  #leave() {
    this.#programs.forEach((program) => program.kill("SIGKILL"));
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** A program, which leads its own process group, and the end of its output. */
class Program {
  log = "";
  #child;
  #gone;

  constructor(path, args, env) {
    const child = spawn(path, args, { env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
    const listen = (chunk) => (this.log = (this.log + chunk).slice(-LOG_LIMIT));
    this.#gone = new Promise((done) => child.once("close", done).once("error", done));
    child.on("error", listen);
    child.stdout.on("data", listen);
    child.stderr.on("data", listen);
    this.#child = child;
  }

  get ended() {
    const { exitCode, signalCode, pid } = this.#child;
    return exitCode !== null || signalCode !== null || pid === undefined;
  }

  kill(/** @type {NodeJS.Signals} */ signal) {
    try {
      if (!this.ended) process.kill(-this.#child.pid, signal);
    } catch {
      // It is gone already.
    }
  }

  /** Ends the program with SIGTERM, and with SIGKILL if that is not enough. */
  async end() {
    if (this.ended) return;
    const timer = setTimeout(() => this.kill("SIGKILL"), CLOSE_LIMIT);
    this.kill("SIGTERM");
    await this.#gone;
    clearTimeout(timer);
  }

  /**
   * Waits until a client can connect.
   * @param {string} url
   * @param {string} protocol
   * @param {number} limit in milliseconds
   * @param {{ say: string, hear: string }} [greeting]
   */
  async answers(url, protocol, limit, greeting) {
    const end = Date.now() + limit;
    while (Date.now() < end && !this.ended) {
      if (await opens(url, protocol, greeting)) return;
      await sleep(100);
    }
    throw this.#notStarted();
  }

  /** Waits until its output has `text`. @param {string} text @param {number} limit in milliseconds */
  async says(text, limit) {
    for (const end = Date.now() + limit; Date.now() < end && !this.ended; await sleep(50))
      if (this.log.includes(text)) return;
    throw this.#notStarted();
  }

  #notStarted() {
    return new Error(`${this.#child.spawnfile} did not start:\n${this.log}`);
  }
}

/** Whether a connection opens. With a greeting, whether the answer begins as expected. */
function opens(url, protocol, greeting) {
  const socket = new WebSocket(url, protocol, { handshakeTimeout: 2000 });
  return new Promise((done) => {
    socket.once("open", () => (greeting ? socket.send(greeting.say) : done(true)));
    socket.once("message", (data) => done(`${data}`.startsWith(greeting?.hear)));
    socket.once("error", () => done(false)).once("close", () => done(false));
    setTimeout(done, 2000, false).unref();
  }).finally(() => socket.terminate());
}

/**
 * Ports that are free now. If another program takes one before we do, our program fails to start.
 */
export async function freePorts(/** @type {number} */ count) {
  const servers = Array.from({ length: count }, () => createServer());
  const bound = servers.map(
    (server) =>
      new Promise((done, failed) => server.once("error", failed).listen(0, "127.0.0.1", done)),
  );
  await Promise.all(bound);
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}
