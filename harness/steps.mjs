// Steps with a name and a time, and programs run inside them. Progress goes to stderr: stdout is
// for results.
import { spawn, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url));

/** An end that needs no stack trace: one line that says what to do. */
export class Stop extends Error {}

/** Runs `work` between a line with its name and a line with its time. */
export async function step(name, work) {
  say(`\n▸ ${name}`);
  const start = performance.now();
  const result = await work();
  say(`  ${name}: ${seconds(start)}`);
  return result;
}

/**
 * Runs a program to its end. `onLine` sees each line of its stdout; `toStderr` keeps our stdout
 * clean.
 */
export function run(program, args, { onLine, toStderr = false, env = {} } = {}) {
  const stdout = onLine ? "pipe" : toStderr ? 2 : "inherit";
  const child = spawn(program, args, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ["ignore", stdout, "inherit"],
  });
  if (onLine) forward(child.stdout, onLine);
  return new Promise((resolve, reject) => {
    child.on("error", () => reject(new Stop(`${program} cannot be started: is it installed?`)));
    child.on("close", (code) =>
      code === 0 ? resolve() : reject(new Stop(`${program} ${args.join(" ")}: failed (${code})`)),
    );
  });
}

/** Programs that run beside the steps: the leaders of their process groups. */
const beside = new Set();

/** Like `run`, at the lowest priority and silent until the end, for work that no step waits for. */
export function runBeside(program, args, { env = {} } = {}) {
  const child = spawn("nice", ["-n", "19", program, ...args], {
    cwd: root,
    detached: true,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  beside.add(child.pid);
  const lines = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => lines.push(text));
  return new Promise((resolve, reject) => {
    child.on("error", () => reject(new Stop(`${program} cannot be started: is it installed?`)));
    child.on("close", (code) => {
      beside.delete(child.pid);
      if (code === 0) return resolve();
      reject(new Stop(`${lines.join("")}\n${program} ${args.join(" ")}: failed (${code})`));
    });
  });
}

/**
 * Gives the programs beside the steps the usual priority, because now a step waits for them. Only
 * root may do that. Without it they take longer on a busy machine.
 */
export function hurryBeside() {
  for (const group of beside) ask("renice", ["-n", "0", "-g", String(group)]);
}

/** Ends all programs that still run beside the steps. */
export function stopBeside() {
  for (const group of beside) process.kill(-group);
}

/** The output of a program, or undefined if it fails or does not exist. */
export function ask(program, args) {
  const { status, stdout } = spawnSync(program, args, { cwd: root, encoding: "utf8" });
  return status === 0 ? stdout.trim() : undefined;
}

/** Whether `url` is the file that node was started with. */
export function isMain(url) {
  return process.argv[1] === fileURLToPath(url);
}

/** Runs a script's main function; a Stop becomes its line and exit code 1. */
export async function main(work) {
  try {
    await work();
  } catch (error) {
    say(error instanceof Stop ? `\n✗ ${error.message}` : error);
    process.exitCode = 1;
  }
}

export function say(text) {
  console.error(text);
}

export function seconds(start) {
  return `${((performance.now() - start) / 1000).toFixed(1)} s`;
}

function forward(stream, onLine) {
  let rest = "";
  stream.setEncoding("utf8").on("data", (text) => {
    process.stdout.write(text);
    const lines = (rest + text).split("\n");
    rest = lines.pop();
    lines.forEach(onLine);
  });
}
