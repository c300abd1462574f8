// Whose devices are on a roster, and what the page learns of them: scenarios for roster.test.mjs.
import { Sealframe } from "/dist/index.js";
import { reaches, relay } from "./conversation.js";
import { encoder, remembered, until, using } from "./profile.js";
import { thrown } from "./thrown.js";

globalThis.scenarios = {
  /**
   * Bob removes mallory and alice does not. Her frames stop opening, until she removes mallory too.
   */
  async "rosters differ"() {
    const names = ["differ 1", "differ 2", "differ 3"];
    const sealframes = await Promise.all(names.map((name) => Sealframe.start({ name })));
    const calls = await Promise.all(sealframes.map((one) => one.join("differ")));
    relay(...calls);
    const [alice, bob, mallory] = calls;
    const state = (call, ...others) => call.setMembers(others.map(({ self }) => bundles.get(self)));
    const bundles = new Map(sealframes.map((one, i) => [calls[i].self, one.bundle]));
    const told = [];
    bob.addEventListener("untrusted", ({ from, devices, over }) =>
      told.push({ from, devices: [...devices], over }),
    );
    await Promise.all([
      state(alice, bob, mallory),
      state(bob, alice, mallory),
      state(mallory, alice, bob),
    ]);
    const met = await reaches(alice, bob);
    await state(bob, alice);
    const before = await reaches(alice, bob);
    await until(() => told.length > 0);
    const sealed = await alice.sealData(encoder.encode("hello"));
    const code = await thrown(() => bob.openData(sealed, alice.self));
    const { members } = await bob.stats();
    const other = await reaches(bob, alice);
    await state(alice, bob);
    const after = await reaches(alice, bob);
    await until(() => told.length > 1);
    for (const one of sealframes) await one.close();
    const expected = [
      { from: alice.self, devices: [mallory.self], over: false },
      { from: alice.self, devices: [], over: true },
    ];
    return {
      met,
      before,
      code,
      keyed: members.map(({ keyed }) => keyed),
      other,
      after,
      told,
      expected,
    };
  },

  /** A person with two devices. After a removal only the lost device loses the key. */
  async persons() {
    const [bob, phone, laptop] = await Promise.all(
      ["bob", "phone", "laptop"].map((name) => Sealframe.start({ name })),
    );
    const [here, one, two] = await Promise.all(
      [bob, phone, laptop].map((sealframe) => sealframe.join("persons")),
    );
    relay(here, one, two);
    const changes = [];
    here.addEventListener("keys-changed", ({ name, added }) => changes.push({ name, added }));
    const alice = (...devices) => ({ name: "alice", devices: devices.map(({ bundle }) => bundle) });
    await Promise.all([one, two].map((call) => call.setMembers([bob.bundle])));
    await here.setMembers([alice(phone, laptop)]);
    const both = [await reaches(here, one), await reaches(here, two)];
    await here.setMembers([alice(phone, laptop)]);
    await remembered(bob);
    const quiet = changes.length;
    await here.setMembers([alice(phone)]);
    const cut = await until(async () => {
      const sealed = await here.sealData(encoder.encode("secret"));
      return (await thrown(() => two.openData(sealed, here.self))) === "unknown-key";
    });
    const kept = await reaches(here, one);
    await here.setMembers([alice(phone, laptop)]);
    const { members } = await here.stats();
    await remembered(bob);
    const known = changes.length;
    await bob.forgetDevice("alice", laptop.bundle.id);
    await here.setMembers([alice(phone, laptop)]);
    await here.setMembers([alice(phone, laptop)]);
    const elsewhere = await bob.join("persons elsewhere");
    elsewhere.addEventListener("keys-changed", ({ name, added }) => changes.push({ name, added }));
    await elsewhere.setMembers([alice(laptop)]);
    await elsewhere.setMembers([alice(bob)]);
    await remembered(bob);
    const ids = { bob: bob.bundle.id, phone: phone.bundle.id, laptop: laptop.bundle.id };
    await Promise.all([bob, phone, laptop].map((sealframe) => sealframe.logOut()));
    return { both, quiet, cut, kept, known, changes, members, ids };
  },

  /**
   * Rosters with a refused entry.
   * @returns the code, the index and the members of each, and all events
   */
  async refused() {
    const [bob, alice, mallory] = await Promise.all(
      ["refused", "refused alice", "mallory"].map((name) => Sealframe.start({ name })),
    );
    const call = await bob.join("room");
    const events = [];
    for (const type of ["keys-changed", "post-quantum", "error"])
      call.addEventListener(type, () => events.push(type));
    await call.setMembers([{ name: "alice", devices: [alice.bundle] }]);
    const state = async (members) => {
      const { code = "none", index = -1 } = await call.setMembers(members).then(
        () => ({}),
        (error) => error,
      );
      const there = (await call.stats()).members.map(({ id }) =>
        id === alice.bundle.id ? "alice" : id === mallory.bundle.id ? "mallory" : id,
      );
      return { code, index, there };
    };
    const swapped = { id: alice.bundle.id, bytes: mallory.bundle.bytes };
    const derived = Uint8Array.of(4, 1, ...mallory.bundle.bytes.subarray(2));
    const found = {
      swapped: await state([bob.bundle, { name: "alice", devices: [swapped] }]),
      derived: await state([
        { name: "alice", devices: [alice.bundle] },
        mallory.bundle,
        { name: "mallory", devices: [derived] },
      ]),
      "beside a removal": await state([mallory.bundle, new Uint8Array(131)]),
      good: await state([{ name: "alice", devices: [alice.bundle] }]),
    };
    const said = [...events];
    await Promise.all([bob, alice, mallory].map((one) => one.logOut()));
    return { found, events: said };
  },

  /** Calls of a hybrid and a classic device. @returns refusals, events and statistics */
  async "post-quantum"() {
    const [bob, classic] = [
      await Sealframe.start({ name: "hybrid", postQuantum: "required" }),
      await Sealframe.start({ name: "classic", postQuantum: false }),
    ];
    const name = (ids) =>
      ids.map((id) =>
        id === classic.bundle.id ? "classic" : id === bob.bundle.id ? "hybrid" : id,
      );
    const told = [];
    const strict = await bob.join("room");
    const refused = await strict.setMembers([classic.bundle]).then(
      () => ({}),
      ({ code, index }) => ({ code, index }),
    );
    const open = await classic.join("room");
    open.addEventListener("post-quantum", ({ hybrid, classic }) =>
      told.push({ hybrid, classic: name(classic) }),
    );
    await open.setMembers([bob.bundle]);
    await open.setMembers([bob.bundle]);
    const figures = [await strict.stats(), await open.stats()].map(({ hybrid, classic }) => ({
      hybrid,
      classic: name(classic),
    }));
    await classic.close();
    const start = await thrown(() => Sealframe.start({ name: "classic", postQuantum: "required" }));
    const both = await thrown(() =>
      Sealframe.start({ name: "hybrid", postQuantum: "required", legacy: "accept" }),
    );
    await using({ name: "classic" }, (again) => again.logOut());
    await bob.logOut();
    return { refused, told, figures, start, both };
  },

  /**
   * Sets one roster of 200 random bundles four times.
   * @returns the shortest time in milliseconds, without the first
   */
  async crowd() {
    const sealframe = await Sealframe.start({ name: "crowd" });
    const call = await sealframe.join("crowd");
    const fixed = [0, 1, 2]; // version, suite, and the first byte of a point
    const bundles = Array.from({ length: 200 }, () =>
      sealframe.bundle.bytes.map((byte, i) => (fixed.includes(i) ? byte : Math.random() * 256)),
    );
    const times = [];
    for (let i = 0; i < 4; i++) {
      const start = performance.now();
      await call.setMembers([{ name: "all", devices: bundles }]);
      times.push(performance.now() - start);
    }
    const { members } = await call.stats();
    await sealframe.logOut();
    return { members: members.length, shortest: Math.min(...times.slice(1)) };
  },

  /** A device with RSA keys only, in a call that refuses it and in one that allows it. */
  async legacy() {
    const [strict, open, old] = await Promise.all([
      Sealframe.start({ name: "strict" }),
      Sealframe.start({ name: "open", legacy: "accept" }),
      Sealframe.start({ name: "old", legacy: "device" }),
    ]);
    const refused = await thrown(async () =>
      (await strict.join("legacy")).setMembers([old.bundle]),
    );
    const [here, there] = [await open.join("legacy"), await old.join("legacy")];
    relay(here, there);
    await Promise.all([here.setMembers([old.bundle]), there.setMembers([open.bundle])]);
    const passed = [await reaches(here, there), await reaches(there, here)];
    await until(async () => (await here.stats()).members[0].acknowledged);
    const { members } = await here.stats();
    await Promise.all([strict, open, old].map((sealframe) => sealframe.logOut()));
    return { refused, passed, members };
  },

  async safety() {
    const [one, two, three] = await Promise.all(
      ["one", "two", "three"].map((name) => Sealframe.start({ name })),
    );
    const numbers = [
      await one.safetyNumber(two.bundle),
      await two.safetyNumber(one.bundle.bytes),
      await one.safetyNumber(three.bundle),
    ];
    const codes = [
      await thrown(() => one.safetyNumber(new Uint8Array(131))),
      await thrown(() => one.safetyNumber()),
      await thrown(() => one.safetyNumber(two.bundle.bytes.subarray(0, -1))),
    ];
    await Promise.all([one, two, three].map((sealframe) => sealframe.logOut()));
    return { numbers, codes };
  },
};

globalThis.ready = true;
