// The commands that make calls: nothing that they start outlives them.
import { Stop } from "../harness/steps.mjs";

/** Runs a command and ends this process. The text of an error goes to stderr, with exit code 1. */
export async function command(work) {
  // An interrupted command leaves nothing behind: browsers and servers end when this process exits.
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));
  try {
    await work();
  } catch (error) {
    process.stderr.write(`${error instanceof Stop ? error.message : error.stack}\n`);
    process.exitCode = 1;
  }
  // Nothing may outlive the call, not even a socket that was not closed.
  process.exit();
}

/** Makes a call. After `seconds` a signal ends this process, which ends the browsers too. */
export async function within(seconds, call) {
  const alarm = setTimeout(() => {
    process.stderr.write("the call took too long\n");
    process.kill(process.pid, "SIGTERM");
  }, seconds * 1000);
  const result = await call();
  clearTimeout(alarm);
  return result;
}
