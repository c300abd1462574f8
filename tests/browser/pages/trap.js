// A core that traps, and calls with device keys: scenarios for trap.test.mjs.
import { Sealframe } from "/dist/index.js";
import { ENOUGH, settled } from "./course.js";
import {
  ask,
  connect,
  devices,
  drops,
  finish,
  key,
  keyed,
  listen,
  openedBy,
  sleep,
  tap,
  until,
} from "./pair.js";

globalThis.scenarios = {
  /** Two devices exchange keys, one rotates, and then removes the other. */
  async devices() {
    const { near, far, pair, events, end } = await devices();
    await until(() => pair.video?.ok() && pair.audio?.ok());
    const picture = pair.video.ok();
    const before = await openedBy(far);
    await near.rotate();
    await sleep(600);
    await until(async () => (await openedBy(far)) > before + ENOUGH && (await openedBy(near)) > 50);
    const rotated = (await openedBy(far)) - before;
    await near.setMembers([]);
    await sleep(3000);
    const dropped = await settled(() => openedBy(far));
    await sleep(600);
    const after = (await openedBy(far)) - dropped;
    await until(() => events.length > 0); // a device that asks may become a member: the error comes after 10 s
    await until(async () => drops(await far.stats()).audio["unknown-key"] > 0);
    const result = {
      picture,
      rotated,
      after,
      sealed: await openedBy(near),
      events,
      dropped: drops(await far.stats()),
    };
    await end();
    return result;
  },

  /** A core traps in a call with device keys. */
  async "devices and a trap"() {
    const { near, far, pair, events, end } = await devices({
      wasmUrl: "/target/test/core-trap.wasm",
    });
    await until(() => events.some((event) => event.startsWith("restarted")));
    const start = await openedBy(far);
    const milliseconds = await until(async () => (await openedBy(far)) > start + 10);
    await until(() => pair.video?.ok());
    const result = {
      milliseconds,
      picture: pair.video.ok(),
      events,
      restarts: (await near.stats()).restarts,
    };
    await end();
    return result;
  },

  /** A core traps in a call whose roster is empty. */
  async "a trap alone"() {
    const own = await Sealframe.start({ name: "alone", wasmUrl: "/target/test/core-trap.wasm" });
    const call = await own.join("alone");
    const events = [];
    for (const type of ["error", "restarted"])
      call.addEventListener(type, ({ code }) => events.push(`${type} ${code}`));
    await call.setMembers([]);
    const pair = await connect({ wire: "same-task", call, label: "trap" });
    await until(() => events.length > 0);
    await sleep(500);
    const after = await listen(600, { enough: 11 });
    await finish(pair, call);
    await own.logOut();
    return { events, after };
  },

  "trap in the core": async () => {
    const own = await Sealframe.start({ wasmUrl: "/target/test/core-trap.wasm", device: false });
    const call = await keyed(own);
    const events = [];
    for (const type of ["restarted", "state", "error"]) {
      call.addEventListener(type, ({ code, state, kind }) =>
        events.push({ type, code, state, kind }),
      );
    }
    const pair = await connect({ wire: "same-task", call, label: "trap" });
    tap.tell("reset");
    await until(() => events.some(({ type }) => type === "restarted"));
    await until(() => events.some(({ state }) => state === "waiting-for-key"));
    await until(async () => drops(await call.stats()).video?.["no-key"] > 0);
    const before = await ask("census");
    await sleep(400); // frames are still on their way
    const silent = await listen(600);
    const between = await call.stats();
    await call.setKeys({ near: key(3), far: key(2) });
    const after = await listen(600, { enough: 1 });
    await finish(pair, call);
    await own.close();
    return { before, silent, after, events, restarts: between.restarts, dropped: drops(between) };
  },
};

globalThis.ready = true;
