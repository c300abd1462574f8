// What a profile stores, and what happens when its storage fails: scenarios for store.test.mjs.
import { sleep } from "/harness/sleep.js";
import { Sealframe } from "/dist/index.js";
import { arrays, keys } from "./at-rest.js";
import { reaches, relay } from "./conversation.js";
import {
  damage,
  databases,
  encoder,
  full,
  hex,
  PASSWORD,
  remembered,
  remove,
  rows,
  until,
  using,
} from "./profile.js";
import { thrown } from "./thrown.js";

globalThis.scenarios = {
  /** Makes a device of each kind. @returns its bundle and whether a script can read its keys */
  async kinds() {
    const kinds = { default: {}, classic: { postQuantum: false }, legacy: { legacy: "device" } };
    const found = {};
    for (const [name, options] of Object.entries(kinds)) {
      const first = await using({ name, ...options }, ({ bundle }) => bundle);
      const again = await using({ name }, ({ bundle }) => bundle);
      const { value } = (await rows(`sealframe:${name}`)).find(({ key }) => key === "device");
      const own = keys(value).filter(({ type }) => type !== "public");
      const algorithms = own.map(({ algorithm }) => algorithm.name);
      found[name] = {
        ...{
          suite: first.bytes[1],
          length: first.bytes.length,
          same: again.id === first.id,
          algorithms,
        },
        extractable: own.filter(({ extractable }) => extractable).length,
      };
      await using({ name }, (sealframe) => sealframe.logOut());
    }
    return found;
  },

  /**
   * Fills a profile with everything that it can store.
   * @returns what is found there in plaintext
   */
  async store() {
    const sealframe = await Sealframe.start({ name: "store", recovery: { password: PASSWORD } });
    const other = await Sealframe.start({ name: "store other" });
    const [here, there] = [
      await sealframe.join("a secret room"),
      await other.join("a secret room"),
    ];
    relay(here, there);
    await there.setMembers([sealframe.bundle]);
    await here.setMembers([{ name: "Bob Builder", devices: [other.bundle] }]);
    await remembered(sealframe);
    await reaches(there, here);
    const file = await sealframe.recoveryFile();
    await sealframe.close();
    const needles = {
      ...{
        call: encoder.encode("secret room"),
        person: encoder.encode("Builder"),
        file: file.subarray(0, 16),
        payload: file.subarray(90, 106),
      },
      ...{
        id: encoder.encode(other.bundle.id),
        raw: Uint8Array.from(other.bundle.id.match(/../g), (byte) => parseInt(byte, 16)),
      },
    };
    const all = await rows("sealframe:store");
    const texts = all
      .filter(({ key }) => key !== "device")
      .map(({ key, value }) => `${hex(encoder.encode(key))} ${hex(value)}`);
    const found = Object.keys(needles).filter((name) =>
      texts.some((text) => text.includes(hex(needles[name]))),
    );
    const control =
      all.some(({ key }) => key === "device") && hex(file).includes(hex(needles.file));
    const agreement = keys(all.map(({ value }) => value)).filter(
      ({ algorithm }) => algorithm.name === "ECDH",
    ).length;
    await other.logOut();
    await using({ name: "store" }, (one) => one.logOut());
    return { rows: all.length, arrays: arrays(all).length, found, agreement, control };
  },

  /**
   * Flips one bit in stored entries.
   * @returns the error, and the persons that are reported as new
   */
  async damage() {
    const [name, database] = ["damage", "sealframe:damage"];
    const other = await Sealframe.start({ name: "damage other" });
    const id = await using({ name, recovery: { password: PASSWORD } }, async (sealframe) => {
      const [here, there] = [await sealframe.join("room"), await other.join("room")];
      relay(here, there);
      await there.setMembers([sealframe.bundle]);
      await here.setMembers([{ name: "bob", devices: [other.bundle] }]);
      await reaches(there, here);
      await remembered(sealframe);
      return sealframe.bundle.id;
    });
    const hits = [await damage(database, "recovery"), await damage(database, "known")];
    const result = await using({ name }, async (sealframe) => {
      const code = await thrown(() => sealframe.recoveryFile());
      const elsewhere = await sealframe.join("elsewhere");
      const changes = [];
      elsewhere.addEventListener("keys-changed", ({ name, added }) =>
        changes.push({ name, added }),
      );
      await elsewhere.setMembers([{ name: "bob", devices: [other.bundle] }]);
      await remembered(sealframe);
      return { code, changes, same: sealframe.bundle.id === id };
    });
    await using({ name }, (sealframe) => sealframe.logOut());
    const expected = [{ name: "bob", added: [other.bundle.id] }];
    await other.logOut();
    return { ...result, hits, expected };
  },

  /** The disk is full for one write. @returns the results of requests during and after it */
  async full() {
    const [sealframe, other] = [
      await Sealframe.start({ name: "full", workerUrl: "/tests/pages/full-worker.js" }),
      await Sealframe.start({ name: "full other" }),
    ];
    const call = await sealframe.join("room");
    await call.setMembers([{ name: "bob", devices: [other.bundle] }]);
    await remembered(sealframe);
    const [errors, changes] = [[], []];
    call.addEventListener("error", ({ code }) => errors.push(code));
    call.addEventListener("keys-changed", ({ added }) => changes.push(added));
    await full(1);
    const roster = [{ name: "bob", devices: [sealframe.bundle] }]; // the own device is no member
    const stated = await thrown(() => call.setMembers(roster));
    await until(() => errors.length > 0);
    const members = (await call.stats()).members.length;
    const codes = [
      await thrown(() => sealframe.join("another")),
      await thrown(() => sealframe.recoveryFile()),
    ];
    const later = await thrown(() => call.setMembers(roster));
    await remembered(sealframe);
    const said = [...errors];
    await Promise.all([sealframe, other].map((one) => one.logOut()));
    return {
      stated,
      members,
      later,
      codes,
      errors: said,
      told: changes.map(([id]) => id === sealframe.bundle.id),
    };
  },

  /** No write succeeds. @returns whether data still passes, and the errors that the page gets */
  async "full for good"() {
    const [sealframe, other] = [
      await Sealframe.start({ name: "good", workerUrl: "/tests/pages/full-worker.js" }),
      await Sealframe.start({ name: "good other" }),
    ];
    const [here, there] = [await sealframe.join("room"), await other.join("room")];
    relay(here, there);
    const errors = new Set();
    here.addEventListener("error", ({ code }) => errors.add(code));
    await full(1000);
    await Promise.all([
      here.setMembers([{ name: "bob", devices: [other.bundle] }]),
      there.setMembers([sealframe.bundle]),
    ]);
    const passed = [await reaches(here, there), await reaches(there, here)];
    await until(() => errors.size > 0); // setMembers() does not wait for the store
    const codes = [...errors];
    await full(0);
    await Promise.all([sealframe, other].map((one) => one.logOut()));
    return { passed, codes };
  },

  /** Another script deletes the database in mid-call. */
  async lost() {
    const [sealframe, other] = [
      await Sealframe.start({ name: "lost" }),
      await Sealframe.start({ name: "lost other" }),
    ];
    const [here, there] = [await sealframe.join("room"), await other.join("room")];
    relay(here, there);
    const errors = [];
    here.addEventListener("error", ({ code }) => errors.push(code));
    await remove("sealframe:lost");
    await until(() => errors.length > 0);
    const noticed = [...errors];
    const stated = await thrown(() => here.setMembers([{ name: "bob", devices: [other.bundle] }]));
    await there.setMembers([sealframe.bundle]);
    const passed = [await reaches(here, there), await reaches(there, here)];
    const late = await sealframe.join("another");
    const lately = [];
    late.addEventListener("error", ({ code }) => lately.push(code));
    await until(() => lately.length > 0);
    const code = await thrown(() => sealframe.recoveryFile());
    const kept = (await databases()).includes("sealframe:lost");
    const said = [...errors];
    // Another device takes the name, as in another tab. This one must write nothing to its
    // database.
    const second = await Sealframe.start({ name: "lost" });
    await here.setMembers([{ name: "bob", devices: [other.bundle] }]);
    await sleep(500);
    const written = (await rows("sealframe:lost")).length - 1;
    const { isNew } = second;
    await second.close();
    await late.close();
    await Promise.all([sealframe, other].map((one) => one.logOut()));
    return { noticed, stated, passed, code, errors: said, late: lately, kept, written, isNew };
  },

  /** The value of `isNew` after each kind of start. */
  async "is new"() {
    const name = "new";
    const start = (options = {}) => using({ name, ...options }, ({ isNew }) => isNew);
    const forget = () => using({ name }, (sealframe) => sealframe.logOut());
    const found = {
      first: await start({ recovery: { password: PASSWORD } }),
      again: await start(),
    };
    const file = await using({ name }, (sealframe) => sealframe.recoveryFile());
    await forget();
    found.restored = await start({ restore: { file, password: PASSWORD } });
    found["restored again"] = await start({ restore: { file, password: PASSWORD } });
    await forget();
    const two = await Promise.all([Sealframe.start({ name }), Sealframe.start({ name })]);
    found["of two"] = two.filter(({ isNew }) => isNew).length;
    await two[0].close();
    await two[1].logOut();
    found.none = await start({ device: false });
    return found;
  },

  /**
   * The database is deleted, then the worker dies.
   * @returns the errors, and what the next start makes
   */
  async "lost, and the worker"() {
    const name = "gone";
    const { Worker } = globalThis;
    let worker;
    globalThis.Worker = class extends Worker {
      constructor(...how) {
        worker = super(...how);
      }
    };
    const sealframe = await Sealframe.start({ name });
    globalThis.Worker = Worker;
    const call = await sealframe.join("room");
    const errors = [];
    call.addEventListener("error", ({ code }) => errors.push(code));
    await remove("sealframe:gone");
    await until(() => errors.length > 0);
    worker.terminate();
    worker.onerror(new Event("error"));
    await until(() => errors.length > 1);
    const made = (await databases()).includes("sealframe:gone");
    const isNew = await using({ name }, async (next) => (await next.logOut(), next.isNew));
    return { errors, made, isNew };
  },

  /** A device in a call. The test then clears its storage. */
  async "to be evicted"() {
    const sealframe = await Sealframe.start({ name: "evicted" });
    const call = await sealframe.join("room");
    const errors = [];
    call.addEventListener("error", ({ code }) => errors.push(code));
    globalThis.evicted = { sealframe, errors };
  },

  async evicted() {
    const { sealframe, errors } = globalThis.evicted;
    await until(() => errors.length > 0);
    const said = [...errors];
    await sealframe.close();
    const isNew = await using(
      { name: "evicted" },
      async (next) => (await next.logOut(), next.isNew),
    );
    return { errors: said, isNew };
  },
};

globalThis.ready = true;
