// `npm run call`: two real browsers, one sealed call, figures. `--json` prints one line on stdout.
import { build } from "../scripts/build.mjs";
import { setupTest } from "../scripts/setup.mjs";
import { Stop } from "../scripts/steps.mjs";
import { checkAllowed, isPrivate, runPrivately } from "./network.mjs";
import { HELP, Usage, parse } from "./options.mjs";

// Whoever is interrupted leaves nothing behind: browsers and Janus end when this process exits.
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));

try {
  const options = parse();
  if (options.help) process.stdout.write(`${HELP}\n`);
  else await main(options);
} catch (error) {
  if (error instanceof Usage) process.stderr.write(`${error.message}\n\n${HELP}\n`);
  else process.stderr.write(`${error instanceof Stop ? error.message : error.stack}\n`);
  process.exitCode = error instanceof Usage ? 2 : 1;
}
// Nothing may outlive the call, not even a socket that somebody forgot.
process.exit();

async function main(options) {
  if (!isPrivate()) {
    if (options.loss) checkAllowed();
    await setupTest();
    await build();
    if (options.loss) return void (process.exitCode = await runPrivately());
  }
  // Only now: on a fresh clone the packages that it imports have just been installed.
  const make = await maker(options);
  const { summary } = await import("./result.mjs");
  // Launching, settling and the call itself are bounded; this is for what is not.
  const alarm = setTimeout(() => fail("the call took too long"), (options.seconds + 600) * 1000);
  const { problems, unmet = [], ...result } = await make(options);
  clearTimeout(alarm);
  for (const problem of problems) options.say(problem);
  for (const goal of unmet) options.say(`goal not met: ${goal}`);
  process.stdout.write(options.json ? `${JSON.stringify(result)}\n` : summary(result));
  const clean = result.plaintextFrames === 0 && result.foreignFrames === 0 && result.leaksStopped === 0;
  process.exitCode = result.decoded.video > 0 && result.audioHeard && clean && unmet.length === 0 ? 0 : 1;
}

async function maker({ scenario, via }) {
  if (scenario && via === "direct") return (await import("./scenario.mjs")).makeScenario;
  return (await import("./call.mjs")).makeCall;
}

/** By way of a signal, which ends the browsers too. */
function fail(text) {
  process.stderr.write(`${text}\n`);
  process.kill(process.pid, "SIGTERM");
}
