// Question "flood": how long do streams stop while forged key messages arrive?
import { launch } from "../harness/browsers.mjs";
import { longest } from "../call/result.mjs";
import { Room } from "../call/room.mjs";
import { sleep } from "../harness/sleep.js";
import { say } from "../harness/steps.mjs";
import { align } from "../harness/table.mjs";
import { median } from "./web/stats.js";

const PER_SECOND = 6_000;
/** Milliseconds of each flood, and of the calm before it. */
const FLOOD = 5_000;
const CALM = 3_000;
/** Devices on the roster that are not in the call. */
const CROWD = 199;
const CASES = [
  { name: "none", perSecond: 0, crowd: false },
  { name: "in one name", perSecond: PER_SECOND, crowd: false },
  { name: `in ${CROWD + 1} names`, perSecond: PER_SECOND, crowd: true },
];

/**
 * @param {{ url: string, processes: number }} plan
 * @returns one row per case: rates per second, and the longest gaps in milliseconds (medians over calls)
 */
export async function measureFlood({ url, processes }) {
  const runs = [];
  for (let count = 0; count < processes; count++) {
    runs.push(...(await runCall(url)));
    say(`  call ${count + 1} of ${processes}`);
  }
  return CASES.map(({ name }) => {
    const own = runs.filter((run) => run.name === name);
    const over = (field) => Math.round(median(own.map((run) => run[field])));
    const [video, audio, perSecond] = ["video", "audio", "perSecond"].map(over);
    const verified = over("verified");
    const longest = Math.max(...own.map((run) => Math.max(run.video, run.audio)));
    const restarts = own.reduce((sum, run) => sum + run.restarts, 0);
    return { what: "flood", from: name, perSecond, verified, video, audio, longest, restarts };
  });
}

export function floodTable(rows) {
  const cells = rows.map(({ from, perSecond, verified, video, audio, longest, restarts }) => [
    ...[from, String(perSecond), String(verified)],
    ...[video, audio, longest].map((gap) => `${gap} ms`),
    String(restarts),
  ]);
  const title = "\nForged key messages: the longest time between two frames that the worker opened";
  const head = ["", "a second", "verified", "video", "audio", "longest of all", "workers replaced"];
  return [title, "", ...align([head, ...cells])].join("\n");
}

/** Runs the cases in a new call between two browsers. B gets the flood. */
async function runCall(url) {
  const [a, b] = await Promise.all([launch("chromium"), launch("chromium")]);
  const options = { codec: "vp8", labels: { video: "", audio: "" }, say: () => {} };
  const room = new Room(options, { server: { url }, browsers: { a, b } });
  try {
    const sides = await room.enter("a", "b");
    if (room.missed.length > 0) throw new Error(room.missed.join("; "));
    const member = await sides.a.page.evaluate(() => globalThis.member.sealframe.bundle.id);
    const gather = async (count) => (await import("/bench/flood.js")).gather(count);
    await sides.b.page.evaluate(gather, CROWD);
    const rows = [];
    for (const plan of CASES) {
      rows.push(await runCase(sides.b, { ...plan, member, milliseconds: FLOOD }));
    }
    return rows;
  } finally {
    await room.close();
    await Promise.all([a.close(), b.close()]);
  }
}

async function runCase(side, { name, ...plan }) {
  await sleep(CALM);
  const since = await side.ask("now");
  await heard(side);
  const { sent, took } = await side.page.evaluate(
    async (plan) => (await import("/bench/flood.js")).flood(plan),
    plan,
  );
  await sleep(CALM);
  const opened = await side.ask("opened", "a", since);
  const until = await side.ask("now");
  const { verified, restarts } = await heard(side);
  // The gap of a stream that did not come back ends now.
  const gap = (times) => longest([since, ...times, until], since).gap;
  return {
    ...{ name, restarts, video: gap(opened.video), audio: gap(opened.audio) },
    ...{ perSecond: (sent / took) * 1000, verified: (verified / took) * 1000 },
  };
}

/** Signatures that were verified and workers that were replaced since the last question. */
function heard(side) {
  return side.page.evaluate(() => {
    const events = globalThis.member.events.splice(0);
    const count = (match) => events.filter(match).length;
    return {
      verified: count(({ code }) => code === "bad-signature"),
      restarts: count(({ type }) => type === "restarted"),
    };
  });
}
