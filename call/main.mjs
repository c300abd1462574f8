// `npm run call`: real browsers, one sealed call, figures. `--json` prints one line on stdout.
import { build } from "../harness/build.mjs";
import { checkAllowed, isPrivate, runPrivately } from "../harness/network.mjs";
import { setupTest } from "../harness/setup.mjs";
import { setupServer } from "../harness/sfu/index.mjs";
import { command, within } from "./command.mjs";
import { HELP, parse, Usage } from "./options.mjs";

/** Seconds that starting, settling and measuring may take beside the call itself. */
const SPARE = 600;

await command(async () => {
  try {
    const options = parse();
    if (options.help) process.stdout.write(`${HELP}\n`);
    else await main(options);
  } catch (error) {
    if (!(error instanceof Usage)) throw error;
    process.stderr.write(`${error.message}\n\n${HELP}\n`);
    process.exitCode = 2;
  }
});

async function main(options) {
  if (!isPrivate()) {
    if (options.inNetwork) checkAllowed();
    await setupTest();
    await build();
    if (options.via !== "direct") await setupServer(options.via);
    if (options.inNetwork) return void (process.exitCode = await runPrivately());
  }
  // Imported late: in a fresh clone `setupTest` has just installed the packages that it imports.
  const { makeCall } = await import("./call.mjs");
  const { summary } = await import("./summary.mjs");
  const limit = options.seconds + SPARE;
  const { problems, unmet = [], ...result } = await within(limit, () => makeCall(options));
  for (const problem of problems) options.say(problem);
  for (const goal of unmet) options.say(`goal not met: ${goal}`);
  process.stdout.write(options.json ? `${JSON.stringify(result)}\n` : summary(result));
  process.exitCode = works(result) && unmet.length === 0 ? 0 : 1;
}

function works({ decoded, audioHeard, plaintextFrames, foreignFrames, leaksStopped }) {
  const clean = plaintextFrames === 0 && foreignFrames === 0 && leaksStopped === 0;
  return decoded.video > 0 && audioHeard && clean;
}
