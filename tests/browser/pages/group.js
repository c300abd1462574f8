// Calls with an MLS group of three devices in one page: scenarios for group.test.mjs.
import { sleep } from "/harness/sleep.js";
import { Sealframe } from "/dist/index.js";
import { reaches, relay } from "./conversation.js";
import { until } from "./profile.js";
import { thrown } from "./thrown.js";

/** All workers of the page, so that a scenario can end one. */
const workers = [];
globalThis.Worker = class extends Worker {
  constructor(...args) {
    super(...args);
    workers.push(this);
  }
};

/** A removed device opens nothing that is sealed this many milliseconds later. */
const REMOVED = 3_000;
/** Milliseconds in which data that do not open are tried. */
const SHORT = 4_000;

/** New devices, as many as there are options. */
async function devices(room, options) {
  const sealframes = [];
  for (let i = 0; i < options.length; i++)
    sealframes.push(await Sealframe.start({ name: `${room} ${i}` }));
  return sealframes;
}

/** Devices in a call, each with the options of its `join()`. All are on each roster. */
async function group(room, ...options) {
  return groupOf(await devices(room, options), room, options);
}

async function groupOf(sealframes, room, options) {
  const calls = await Promise.all(
    sealframes.map((one, i) => one.join(room, { group: "mls", ...options[i] })),
  );
  const bundles = sealframes.map(({ bundle }) => bundle);
  const events = calls.map(() => []);
  calls.forEach((call, i) => {
    for (const type of ["epoch", "error", "restarted", "post-quantum", "device-twice"])
      call.addEventListener(type, ({ epoch, code, members, hybrid }) =>
        events[i].push({ type, epoch, code, members, hybrid }),
      );
  });
  relay(...calls);
  await Promise.all(calls.map((call) => call.setMembers(bundles)));
  const end = async () => {
    for (const one of sealframes) await one.logOut();
  };
  return { sealframes, calls, bundles, events, end };
}

const epochOf = async (call) => (await call.stats()).epoch;

/** Whether these calls are in one epoch, and nobody else is. */
async function together(calls) {
  const ids = calls.map(({ self }) => self).sort();
  const epochs = await Promise.all(calls.map(epochOf));
  return epochs.every(
    (epoch) =>
      epoch?.code === epochs[0]?.code && [...(epoch?.members ?? [])].sort().join() === ids.join(),
  );
}

/** Whether each reaches each other. */
async function all(calls) {
  const pairs = calls.flatMap((from) => calls.filter((to) => to !== from).map((to) => [from, to]));
  const each = [];
  for (const [from, to] of pairs) each.push(await reaches(from, to));
  return each.every(Boolean);
}

globalThis.scenarios = {
  /** What an application sees of a call that is a group. */
  async exchange() {
    const { sealframes, calls, bundles, events, end } = await group("exchange", {}, {}, {});
    const [alice, bob, carol] = calls;
    await until(() => together(calls));
    const talk = await all(calls);
    const [stats, first] = [await alice.stats(), await epochOf(alice)];
    await bob.rotate();
    await until(async () => (await epochOf(alice))?.epoch > first.epoch);
    await until(() => together(calls));
    const after = await all(calls);
    const second = await epochOf(carol);
    const bad = { id: bundles[1].id, bytes: bundles[2].bytes };
    const refused = await alice
      .setMembers([bundles[1], bad])
      .catch(({ code, index }) => ({ code, index }));
    await bob.setMembers([bundles[0]]);
    await until(() => together([alice, bob]));
    const pair = await all([alice, bob]);
    await sleep(REMOVED);
    const removed = await reaches(alice, carol, SHORT);
    const codes = {
      keys: await thrown(() => alice.setKeys({ a: new Uint8Array(32) })),
      passphrase: await thrown(() => alice.setPassphrase("words")),
      long: await thrown(() => alice.receive(new Uint8Array((1 << 20) + 1))),
    };
    const numbers = [
      await sealframes[0].safetyNumber(bundles[1]),
      await sealframes[1].safetyNumber(bundles[0]),
    ];
    await end();
    const told = events[0].filter(({ type }) => type === "epoch");
    return {
      talk,
      after,
      pair,
      removed,
      refused,
      codes,
      stats: { hybrid: stats.hybrid, classic: stats.classic, members: stats.members.length },
      keyed: stats.members.every(({ keyed, kem }) => keyed && kem === "mlkem768-p256"),
      hybrid: events[0].find(({ type }) => type === "post-quantum")?.hybrid,
      code: first.code,
      changed: first.code !== second.code,
      told: told.some(({ code, epoch }) => code === first.code && epoch === first.epoch),
      sameNumber: numbers[0] === numbers[1],
    };
  },

  /** A worker dies in mid-call, and the next one enters the group by an external commit. */
  async "worker dies"() {
    const { calls, events, end } = await group("dies", {}, {}, {});
    await until(() => together(calls));
    const before = await epochOf(calls[0]);
    workers.at(-3).terminate();
    await until(() => events[0].some(({ type }) => type === "restarted"));
    await until(() => together(calls));
    const after = await epochOf(calls[0]);
    const talk = await all(calls);
    const { restarts } = await calls[0].stats();
    await end();
    return { talk, restarts, newer: after.epoch > before.epoch };
  },

  /** A device without the passphrase does not get in, although it is on each roster. */
  async passphrase() {
    const words = { passphrase: "correct horse", suite: "p256" };
    const options = [words, words, { suite: "p256" }];
    // A group of one with a lower id would draw the others to it, and then let nobody in.
    const byId = (a, b) => (a.bundle.id < b.bundle.id ? -1 : 1);
    const sealframes = (await devices("words", options)).sort(byId);
    const { calls, end } = await groupOf(sealframes, "words", options);
    const [alice, bob, mallory] = calls;
    const talk = await all([alice, bob]);
    const heard = await reaches(alice, mallory, SHORT);
    await end();
    return { talk, heard };
  },

  /** A transport that gives each message to all, in one order. */
  async ordered() {
    const names = ["ordered 0", "ordered 1", "ordered 2"];
    const sealframes = [];
    for (const name of names) sealframes.push(await Sealframe.start({ name }));
    const options = { group: "mls", suite: "p256", broadcast: "ordered" };
    const calls = await Promise.all(sealframes.map((one) => one.join("ordered", options)));
    let sent = 0;
    for (const call of calls)
      call.addEventListener("message", ({ to, bytes }) => {
        sent++;
        for (const other of calls)
          if (!to || to === other.self) other.receive(bytes, call.self).catch(() => {});
      });
    const bundles = sealframes.map(({ bundle }) => bundle);
    await Promise.all(calls.map((call) => call.setMembers(bundles)));
    await until(() => together(calls));
    const before = await epochOf(calls[0]);
    // One of three commits for one epoch holds.
    for (const call of calls) call.rotate();
    await until(async () => (await epochOf(calls[2]))?.epoch > before.epoch);
    await until(() => together(calls));
    const talk = await all(calls);
    for (const one of sealframes) await one.logOut();
    return { talk, sent: sent > 0 };
  },

  /** Calls that cannot be joined. */
  async refused() {
    const none = await Sealframe.start({ device: false });
    const strict = await Sealframe.start({ name: "strict", postQuantum: "required" });
    const codes = {
      "no device": await thrown(() => none.join("refused", { group: "mls", as: "me" })),
      "classic suite": await thrown(() => strict.join("refused", { group: "mls", suite: "p256" })),
    };
    await none.close();
    await strict.logOut();
    return codes;
  },
};
globalThis.ready = true;
