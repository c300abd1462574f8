// Log-out, passwords in memory, and two pages of one profile: scenarios for log-out.test.mjs.
import { sleep } from "/harness/sleep.js";
import { Sealframe } from "/dist/index.js";
import { databases, full, PASSWORD, until, using } from "./profile.js";
import { thrown } from "./thrown.js";

globalThis.scenarios = {
  /** A log-out beside data of the application. @returns what was deleted and what is left */
  async "log out"() {
    localStorage.setItem("app", "kept");
    await (await caches.open("app")).put("/kept", new Response("kept"));
    const spy = new BroadcastChannel("spy");
    const reports = [];
    spy.onmessage = ({ data }) => reports.push(data);
    const sealframe = await Sealframe.start({
      name: "leaver",
      workerUrl: "/tests/pages/spy-worker.js",
    });
    const call = await sealframe.join("room");
    await call.setMembers([]);
    await sealframe.logOut();
    await until(() => reports.length > 0);
    const codes = [
      await thrown(() => call.stats()),
      await thrown(() => sealframe.join("room")),
      await thrown(() => sealframe.logOut()),
    ];
    return {
      ...{ reports, codes, databases: await databases() },
      ...{
        item: localStorage.getItem("app"),
        cached: await (await (await caches.open("app")).match("/kept")).text(),
      },
    };
  },

  /** The application uses a channel that has our name. */
  async "foreign channel"() {
    return using({ name: "channel" }, async (sealframe) => {
      const call = await sealframe.join("room");
      const channel = new BroadcastChannel("sealframe:channel");
      for (const noise of [undefined, null, "hello", { type: "erased" }, [], "erased"])
        channel.postMessage(noise);
      await sleep(300);
      channel.close();
      const code = await thrown(() => call.stats());
      await sealframe.logOut();
      return code;
    });
  },

  /** A log-out that cannot delete anything, and a second one that can. */
  async "log out in vain"() {
    const sealframe = await Sealframe.start({
      name: "in vain",
      workerUrl: "/tests/pages/full-worker.js",
    });
    const call = await sealframe.join("room");
    await full(1);
    const code = await thrown(() => sealframe.logOut());
    const { closed } = call;
    const codes = [await thrown(() => call.stats()), await thrown(() => sealframe.join("room"))];
    const { held } = await navigator.locks.query();
    const locks = held.filter(
      ({ name }) => name.includes("in vain") || name.includes(call.self),
    ).length;
    const kept = (await databases()).includes("sealframe:in vain");
    await using({ name: "in vain" }, (one) => one.logOut());
    return {
      code,
      codes,
      closed,
      locks,
      kept,
      gone: !(await databases()).includes("sealframe:in vain"),
    };
  },

  /**
   * Starts a device with a password. After a garbage collection "kept of it" reports whether it is
   * still there.
   */
  async "start with a password"() {
    globalThis.options = { name: "forgetful", recovery: { password: PASSWORD }, onprogress() {} };
    globalThis.forgetful = await Sealframe.start(globalThis.options);
    globalThis.kept = new WeakRef(globalThis.options.recovery);
    delete globalThis.options;
  },

  async "kept of it"() {
    const kept = globalThis.kept.deref() !== undefined;
    await forgetful.logOut();
    return kept;
  },

  /** How many bytes of the memory of Argon2id are not zero when the answer is sent. */
  async argon2() {
    const spy = new BroadcastChannel("spy");
    const reports = [];
    spy.onmessage = ({ data }) => data.argon2 && reports.push(data.argon2);
    const workerUrl = "/tests/pages/spy-worker.js";
    await using({ name: "spied", workerUrl, recovery: { password: PASSWORD } }, (sealframe) =>
      sealframe.logOut(),
    );
    await until(() => reports.length > 0);
    spy.close();
    return reports;
  },

  /** A device that stays in a call, for a scenario in another page. */
  async stay({ name, room }) {
    globalThis.stayed = await Sealframe.start({ name });
    globalThis.call = await stayed.join(room);
    globalThis.errors = [];
    globalThis.call.addEventListener("error", ({ code }) => errors.push(code));
    return stayed.bundle.id;
  },

  async stayed() {
    const told = await until(() => errors.includes("logged-out"));
    return {
      told,
      join: await thrown(() => stayed.join("again")),
      call: await thrown(() => call.rotate()),
      names: await databases(),
    };
  },

  leave: () => globalThis.call.close(),

  end: () => globalThis.stayed.close(),

  async enter({ name, room }) {
    return using({ name }, async (sealframe) => {
      const began = performance.now();
      const code = await thrown(() => sealframe.join(room));
      return {
        code,
        milliseconds: performance.now() - began,
        other: await thrown(() => sealframe.join(`${room} other`)),
      };
    });
  },

  async "log out here"({ name, hold }) {
    const sealframe = await Sealframe.start({ name });
    // A foreign connection that prevents the deletion of the database.
    if (hold)
      globalThis.held = await new Promise(
        (done) =>
          (indexedDB.open(`sealframe:${name}`).onsuccess = ({ target }) => done(target.result)),
      );
    const began = performance.now();
    const code = await thrown(() => sealframe.logOut());
    const left = hold ? held.transaction("sealframe").objectStore("sealframe").count() : undefined;
    const count = left && (await new Promise((done) => (left.onsuccess = () => done(left.result))));
    globalThis.held?.close();
    await sleep(200);
    return { code, count, milliseconds: performance.now() - began, names: await databases() };
  },
};

globalThis.ready = true;
