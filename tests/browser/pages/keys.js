// Devices: what a profile keeps and how, recovery, log-out, persons, passphrases, two pages at once.
import { camera, microphone, render } from "/call/media.js";
import { sleep } from "/call/sleep.js";
import { Sealframe } from "/dist/index.js";
import { arrays, keys } from "./at-rest.js";
import { forge, kidOf, senderKey } from "./forge.js";
import { thrown } from "./thrown.js";

const PASSWORD = "correct horse battery staple";
const encoder = new TextEncoder();
const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const databases = async () => (await indexedDB.databases()).map(({ name }) => name);

/** The limit is for a fault, not for a slow machine. */
async function until(condition, limit = 40_000) {
  for (const end = performance.now() + limit; performance.now() < end; await sleep(50)) {
    const value = await condition();
    if (value) return value;
  }
  return false;
}

/** Starts a device, does something with it, and closes it whatever happens. */
async function using(options, work) {
  const sealframe = await Sealframe.start(options);
  try {
    return await work(sealframe);
  } finally {
    await sealframe.close();
  }
}

/** Every row of a device's database, as another script of this origin would find it. */
async function rows(name, change) {
  const request = indexedDB.open(name);
  const database = await new Promise((done, failed) => Object.assign(request, { onsuccess: () => done(request.result), onerror: failed }));
  const store = database.transaction("sealframe", "readwrite").objectStore("sealframe");
  const all = (asked) => new Promise((done) => (asked.onsuccess = () => done(asked.result)));
  const [keys, values] = [await all(store.getAllKeys()), await all(store.getAll())];
  const found = keys.map((key, i) => ({ key, value: values[i] }));
  for (const row of change ? found.filter(change) : []) await all(store.put(row.value, row.key));
  database.close();
  return found;
}

/** Flips a bit of the entry of this name. Its row is called by a MAC under a key beside it. */
async function damage(database, entry) {
  const { value } = (await rows(database)).find(({ key }) => key === "device");
  const name = hex(new Uint8Array(await crypto.subtle.sign("HMAC", value.name, encoder.encode(entry))));
  let hit = 0;
  await rows(database, (row) => row.key === name && ++hit && (row.value[row.value.length >> 1] ^= 1) >= 0);
  return hit;
}

/** Messages of each call reach the one they are for. */
function relay(...calls) {
  for (const call of calls) {
    call.addEventListener("message", ({ to, bytes }) => {
      calls.find(({ self }) => self === to)?.receive(bytes, call.self).catch(() => {});
    });
  }
}

/** Persons are remembered beside the roster: this waits until those so far are. */
const remembered = (sealframe) => sealframe.forgetDevice("nobody", "none");

/** Whether what one seals, the other opens, within seconds. */
const reaches = (from, to, limit) =>
  until(async () => {
    const sealed = await from.sealData(encoder.encode("hello")).catch(() => undefined);
    const opened = sealed && (await to.openData(sealed, from.self).catch(() => undefined));
    return opened && new TextDecoder().decode(opened) === "hello";
  }, limit);

/** So many writes of a worker fail from now on. */
async function full(writes) {
  const disk = new BroadcastChannel("full");
  const told = new Promise((done) => (disk.onmessage = done));
  disk.postMessage(writes);
  await told;
  disk.close();
}

/** A connection between two calls of this page: whether the picture that one seals is shown by the other. */
async function shows(near, far) {
  const [a, b] = [new RTCPeerConnection(near.configuration()), new RTCPeerConnection(far.configuration())];
  a.onicecandidate = ({ candidate }) => b.addIceCandidate(candidate);
  b.onicecandidate = ({ candidate }) => a.addIceCandidate(candidate);
  let screen;
  b.ontrack = ({ receiver, track }) => {
    far.open(receiver, { from: near.self, track: "camera" });
    if (track.kind === "video") screen = render(track, 500);
  };
  const tracks = [microphone(500), camera()];
  for (const track of tracks) near.seal(a.addTrack(track), { track: "camera" });
  await a.setLocalDescription();
  await b.setRemoteDescription(a.localDescription);
  await b.setLocalDescription();
  await a.setRemoteDescription(b.localDescription);
  const shown = await until(() => screen?.ok(), near.limit);
  const drops = async () => (await far.stats()).streams.some(({ dropped }) => Object.keys(dropped).length > 0);
  if (!shown) await until(drops);
  const { streams } = await far.stats();
  a.close();
  b.close();
  tracks.forEach((track) => track.stop());
  return { shown, dropped: Object.assign({}, ...streams.map(({ dropped }) => dropped)) };
}

/** A call between a device and a fresh one: data and media pass. */
async function converse(sealframe, room) {
  const other = await Sealframe.start({ name: `${room} other`, legacy: "accept" });
  const [here, there] = [await sealframe.join(room), await other.join(room)];
  relay(here, there);
  await Promise.all([here.setMembers([other.bundle]), there.setMembers([sealframe.bundle])]);
  const data = (await reaches(here, there)) && (await reaches(there, here));
  const { shown } = await shows(here, there);
  await here.close();
  await other.logOut();
  return { data, shown };
}

globalThis.scenarios = {
  /** Each kind of device: its bundle, and that no script can read its keys. */
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
        ...{ suite: first.bytes[1], length: first.bytes.length, same: again.id === first.id, algorithms },
        extractable: own.filter(({ extractable }) => extractable).length,
      };
      await using({ name }, (sealframe) => sealframe.logOut());
    }
    return found;
  },

  /** Everything that a profile can hold, and where any of it lies in the clear. */
  async store() {
    const sealframe = await Sealframe.start({ name: "store", recovery: { password: PASSWORD } });
    const other = await Sealframe.start({ name: "store other" });
    const [here, there] = [await sealframe.join("a secret room"), await other.join("a secret room")];
    relay(here, there);
    await there.setMembers([sealframe.bundle]);
    await here.setMembers([{ name: "Bob Builder", devices: [other.bundle] }]);
    await remembered(sealframe);
    await reaches(there, here);
    const file = await sealframe.recoveryFile();
    await sealframe.close();
    const needles = {
      ...{ call: encoder.encode("secret room"), person: encoder.encode("Builder"), file: file.subarray(0, 16), payload: file.subarray(90, 106) },
      ...{ id: encoder.encode(other.bundle.id), raw: Uint8Array.from(other.bundle.id.match(/../g), (byte) => parseInt(byte, 16)) },
    };
    const all = await rows("sealframe:store");
    const texts = all.filter(({ key }) => key !== "device").map(({ key, value }) => `${hex(encoder.encode(key))} ${hex(value)}`);
    const found = Object.keys(needles).filter((name) => texts.some((text) => text.includes(hex(needles[name]))));
    const control = all.some(({ key }) => key === "device") && hex(file).includes(hex(needles.file));
    const agreement = keys(all.map(({ value }) => value)).filter(({ algorithm }) => algorithm.name === "ECDH").length;
    await other.logOut();
    await using({ name: "store" }, (one) => one.logOut());
    return { rows: all.length, arrays: arrays(all).length, found, agreement, control };
  },

  /** One bit of an entry flipped: an error where it decides what is believed, and nothing lost. */
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
      elsewhere.addEventListener("keys-changed", ({ name, added }) => changes.push({ name, added }));
      await elsewhere.setMembers([{ name: "bob", devices: [other.bundle] }]);
      await remembered(sealframe);
      return { code, changes, same: sealframe.bundle.id === id };
    });
    await using({ name }, (sealframe) => sealframe.logOut());
    const expected = [{ name: "bob", added: [other.bundle.id] }];
    await other.logOut();
    return { ...result, hits, expected };
  },

  /** The disk is full for one write: what was asked of the call holds, and what is asked later does. */
  async full() {
    const [sealframe, other] = [await Sealframe.start({ name: "full", workerUrl: "/tests/pages/full-worker.js" }), await Sealframe.start({ name: "full other" })];
    const call = await sealframe.join("room");
    await call.setMembers([{ name: "bob", devices: [other.bundle] }]);
    await remembered(sealframe);
    const [errors, changes] = [[], []];
    call.addEventListener("error", ({ code }) => errors.push(code));
    call.addEventListener("keys-changed", ({ added }) => changes.push(added));
    await full(1);
    const roster = [{ name: "bob", devices: [sealframe.bundle] }]; // which is nobody's member
    const stated = await thrown(() => call.setMembers(roster));
    await until(() => errors.length > 0);
    const members = (await call.stats()).members.length;
    const codes = [await thrown(() => sealframe.join("another")), await thrown(() => sealframe.recoveryFile())];
    const later = await thrown(() => call.setMembers(roster));
    await remembered(sealframe);
    const said = [...errors];
    await Promise.all([sealframe, other].map((one) => one.logOut()));
    return { stated, members, later, codes, errors: said, told: changes.map(([id]) => id === sealframe.bundle.id) };
  },

  /** No write succeeds: keys come all the same, and the page is told what is not remembered. */
  async "full for good"() {
    const [sealframe, other] = [await Sealframe.start({ name: "good", workerUrl: "/tests/pages/full-worker.js" }), await Sealframe.start({ name: "good other" })];
    const [here, there] = [await sealframe.join("room"), await other.join("room")];
    relay(here, there);
    const errors = new Set();
    here.addEventListener("error", ({ code }) => errors.add(code));
    await full(1000);
    await Promise.all([here.setMembers([{ name: "bob", devices: [other.bundle] }]), there.setMembers([sealframe.bundle])]);
    const passed = [await reaches(here, there), await reaches(there, here)];
    const codes = [...errors];
    await full(0);
    await Promise.all([sealframe, other].map((one) => one.logOut()));
    return { passed, codes };
  },

  /** Somebody else deletes the database in mid-call. */
  async lost() {
    const [sealframe, other] = [await Sealframe.start({ name: "lost" }), await Sealframe.start({ name: "lost other" })];
    const [here, there] = [await sealframe.join("room"), await other.join("room")];
    relay(here, there);
    const errors = [];
    here.addEventListener("error", ({ code }) => errors.push(code));
    await new Promise((done, failed) => Object.assign(indexedDB.deleteDatabase("sealframe:lost"), { onsuccess: done, onerror: failed }));
    const stated = await thrown(() => here.setMembers([{ name: "bob", devices: [other.bundle] }]));
    await there.setMembers([sealframe.bundle]);
    const passed = [await reaches(here, there), await reaches(there, here)];
    const codes = [await thrown(() => sealframe.join("another")), await thrown(() => sealframe.recoveryFile())];
    const kept = (await databases()).includes("sealframe:lost");
    const said = [...errors];
    await Promise.all([sealframe, other].map((one) => one.logOut()));
    return { stated, passed, codes, errors: said, kept };
  },

  /** A device made recoverable, lost, and had again from its file. */
  async recovery(options) {
    const name = "recovery";
    const progress = [];
    const onprogress = (step) => progress.push(step);
    const made = await using({ name, ...options, recovery: { password: PASSWORD }, onprogress }, async (sealframe) => {
      const file = await sealframe.recoveryFile();
      return { id: sealframe.bundle.id, file, call: await converse(sealframe, "before") };
    });
    const again = await using({ name }, async (sealframe) => {
      const same = hex(await sealframe.recoveryFile()) === hex(made.file);
      await sealframe.logOut();
      return same;
    });
    const gone = !(await databases()).includes("sealframe:recovery");
    const refused = await refusals(name, made.file);
    const untouched = !(await databases()).includes("sealframe:recovery");
    const restored = await restore(name, made.file);
    return { id: made.id, file: [...made.file], call: made.call, progress, again, gone, refused, untouched, restored };
  },

  restore: ({ name, file }) => restore(name, Uint8Array.from(file)),

  /** A profile with another device keeps it. */
  async "other device"(file) {
    return using({ name: "keeper" }, async ({ bundle }) => {
      const options = { name: "keeper", restore: { file: Uint8Array.from(file), password: PASSWORD } };
      const code = await thrown(() => Sealframe.start(options));
      const id = await using({ name: "keeper" }, (sealframe) => sealframe.bundle.id);
      const none = await using({ name: "keeper" }, (sealframe) => thrown(() => sealframe.recoveryFile()));
      await using({ name: "keeper" }, (sealframe) => sealframe.logOut());
      return { code, kept: id === bundle.id, none };
    });
  },

  /** Everything goes; nothing else does. */
  async "log out"() {
    localStorage.setItem("app", "kept");
    await (await caches.open("app")).put("/kept", new Response("kept"));
    const spy = new BroadcastChannel("spy");
    const reports = [];
    spy.onmessage = ({ data }) => reports.push(data);
    const sealframe = await Sealframe.start({ name: "leaver", workerUrl: "/tests/pages/spy-worker.js" });
    const call = await sealframe.join("room");
    await call.setMembers([]);
    await sealframe.logOut();
    await until(() => reports.length > 0);
    const codes = [await thrown(() => call.stats()), await thrown(() => sealframe.join("room")), await thrown(() => sealframe.logOut())];
    return {
      ...{ reports, codes, databases: await databases() },
      ...{ item: localStorage.getItem("app"), cached: await (await (await caches.open("app")).match("/kept")).text() },
    };
  },

  /** The application's own channel happens to have our name. */
  async "foreign channel"() {
    return using({ name: "channel" }, async (sealframe) => {
      const call = await sealframe.join("room");
      const channel = new BroadcastChannel("sealframe:channel");
      for (const noise of [undefined, null, "hello", { type: "erased" }, [], "erased"]) channel.postMessage(noise);
      await sleep(300);
      channel.close();
      const code = await thrown(() => call.stats());
      await sealframe.logOut();
      return code;
    });
  },

  /** Nothing can be deleted: everything ends all the same, and another time it goes. */
  async "log out in vain"() {
    const sealframe = await Sealframe.start({ name: "in vain", workerUrl: "/tests/pages/full-worker.js" });
    const call = await sealframe.join("room");
    await full(1);
    const code = await thrown(() => sealframe.logOut());
    const { closed } = call;
    const codes = [await thrown(() => call.stats()), await thrown(() => sealframe.join("room"))];
    const { held } = await navigator.locks.query();
    const locks = held.filter(({ name }) => name.includes("in vain") || name.includes(call.self)).length;
    const kept = (await databases()).includes("sealframe:in vain");
    await using({ name: "in vain" }, (one) => one.logOut());
    return { code, codes, closed, locks, kept, gone: !(await databases()).includes("sealframe:in vain") };
  },

  /** A device that runs; whether what it was started with is still kept, says the other one after a garbage collection. */
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

  /** What Argon2id and the password left, by the time that the answer leaves. */
  async vault() {
    const spy = new BroadcastChannel("spy");
    const reports = [];
    spy.onmessage = ({ data }) => data.vault && reports.push(data.vault);
    const workerUrl = "/tests/pages/spy-worker.js";
    await using({ name: "spied", workerUrl, recovery: { password: PASSWORD } }, (sealframe) => sealframe.logOut());
    await until(() => reports.length > 0);
    spy.close();
    return reports;
  },

  /** For another page: a device that stays in a call. */
  async stay({ name, room }) {
    globalThis.stayed = await Sealframe.start({ name });
    globalThis.call = await stayed.join(room);
    globalThis.errors = [];
    globalThis.call.addEventListener("error", ({ code }) => errors.push(code));
    return stayed.bundle.id;
  },
  async stayed() {
    const told = await until(() => errors.includes("logged-out"));
    return { told, join: await thrown(() => stayed.join("again")), call: await thrown(() => call.rotate()), names: await databases() };
  },
  leave: () => globalThis.call.close(),
  end: () => globalThis.stayed.close(),
  async enter({ name, room }) {
    return using({ name }, async (sealframe) => {
      const began = performance.now();
      const code = await thrown(() => sealframe.join(room));
      return { code, milliseconds: performance.now() - began, other: await thrown(() => sealframe.join(`${room} other`)) };
    });
  },
  async "log out here"({ name, hold }) {
    const sealframe = await Sealframe.start({ name });
    // Something that is not ours, and lets nobody delete the database.
    if (hold) globalThis.held = await new Promise((done) => (indexedDB.open(`sealframe:${name}`).onsuccess = ({ target }) => done(target.result)));
    const began = performance.now();
    const code = await thrown(() => sealframe.logOut());
    const left = hold ? held.transaction("sealframe").objectStore("sealframe").count() : undefined;
    const count = left && (await new Promise((done) => (left.onsuccess = () => done(left.result))));
    globalThis.held?.close();
    await sleep(200);
    return { code, count, milliseconds: performance.now() - began, names: await databases() };
  },

  /** Two devices of one person: each has the key, and the lost one alone loses it. */
  async persons() {
    const [bob, phone, laptop] = await Promise.all(["bob", "phone", "laptop"].map((name) => Sealframe.start({ name })));
    const [here, one, two] = await Promise.all([bob, phone, laptop].map((sealframe) => sealframe.join("persons")));
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

  /** Rosters with an entry that is refused: who remains, the place in the roster, and which events came. */
  async refused() {
    const [bob, alice, mallory] = await Promise.all(["refused", "refused alice", "mallory"].map((name) => Sealframe.start({ name })));
    const call = await bob.join("room");
    const events = [];
    for (const type of ["keys-changed", "post-quantum", "error"]) call.addEventListener(type, () => events.push(type));
    await call.setMembers([{ name: "alice", devices: [alice.bundle] }]);
    const state = async (members) => {
      const { code = "none", index = -1 } = await call.setMembers(members).then(() => ({}), (error) => error);
      const there = (await call.stats()).members.map(({ id }) => (id === alice.bundle.id ? "alice" : id === mallory.bundle.id ? "mallory" : id));
      return { code, index, there };
    };
    const swapped = { id: alice.bundle.id, bytes: mallory.bundle.bytes };
    const derived = Uint8Array.of(4, 1, ...mallory.bundle.bytes.subarray(2));
    const found = {
      swapped: await state([bob.bundle, { name: "alice", devices: [swapped] }]),
      derived: await state([{ name: "alice", devices: [alice.bundle] }, mallory.bundle, { name: "mallory", devices: [derived] }]),
      "beside a removal": await state([mallory.bundle, new Uint8Array(131)]),
      good: await state([{ name: "alice", devices: [alice.bundle] }]),
    };
    const said = [...events];
    await Promise.all([bob, alice, mallory].map((one) => one.logOut()));
    return { found, events: said };
  },

  /** Hybrid or classic, and because of whom; who requires the one refuses the other. */
  async "post-quantum"() {
    const [bob, classic] = [await Sealframe.start({ name: "hybrid", postQuantum: "required" }), await Sealframe.start({ name: "classic", postQuantum: false })];
    const name = (ids) => ids.map((id) => (id === classic.bundle.id ? "classic" : id === bob.bundle.id ? "hybrid" : id));
    const told = [];
    const strict = await bob.join("room");
    const refused = await strict.setMembers([classic.bundle]).then(() => ({}), ({ code, index }) => ({ code, index }));
    const open = await classic.join("room");
    open.addEventListener("post-quantum", ({ hybrid, classic }) => told.push({ hybrid, classic: name(classic) }));
    await open.setMembers([bob.bundle]);
    await open.setMembers([bob.bundle]);
    const figures = [await strict.stats(), await open.stats()].map(({ hybrid, classic }) => ({ hybrid, classic: name(classic) }));
    await classic.close();
    const start = await thrown(() => Sealframe.start({ name: "classic", postQuantum: "required" }));
    const both = await thrown(() => Sealframe.start({ name: "hybrid", postQuantum: "required", legacy: "accept" }));
    await using({ name: "classic" }, (again) => again.logOut());
    await bob.logOut();
    return { refused, told, figures, start, both };
  },

  /** Milliseconds of the shortest of three rosters, all the same. Of these members nobody knows the private keys. */
  async crowd() {
    const sealframe = await Sealframe.start({ name: "crowd" });
    const call = await sealframe.join("crowd");
    const fixed = [0, 1, 2]; // version, suite, and what a point begins with
    const bundles = Array.from({ length: 200 }, () => sealframe.bundle.bytes.map((byte, i) => (fixed.includes(i) ? byte : Math.random() * 256)));
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

  /** Who only has RSA gets in where that is allowed, and is called so. */
  async legacy() {
    const [strict, open, old] = await Promise.all([
      Sealframe.start({ name: "strict" }),
      Sealframe.start({ name: "open", legacy: "accept" }),
      Sealframe.start({ name: "old", legacy: "device" }),
    ]);
    const refused = await thrown(async () => (await strict.join("legacy")).setMembers([old.bundle]));
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
    const [one, two, three] = await Promise.all(["one", "two", "three"].map((name) => Sealframe.start({ name })));
    const numbers = [await one.safetyNumber(two.bundle), await two.safetyNumber(one.bundle.bytes), await one.safetyNumber(three.bundle)];
    const codes = [await thrown(() => one.safetyNumber(new Uint8Array(131))), await thrown(() => one.safetyNumber()), await thrown(() => one.safetyNumber(two.bundle.bytes.subarray(0, -1)))];
    await Promise.all([one, two, three].map((sealframe) => sealframe.logOut()));
    return { numbers, codes };
  },

  /** Messages: once each, from whom they are said to be from, to whom they are for. */
  async data() {
    const keys = () => ({ near: new Uint8Array(32).fill(1), far: new Uint8Array(32).fill(2), third: new Uint8Array(32).fill(3) });
    const sealframe = await Sealframe.start({ device: false });
    const [near, far, third] = await Promise.all(["near", "far", "third"].map((as) => sealframe.join("data", { as, keys: keys() })));
    const sealed = await near.sealData(encoder.encode("to all"));
    const opened = new TextDecoder().decode(await far.openData(sealed, "near"));
    const one = await near.sealData(new Uint8Array(100_000), { to: "far" });
    const altered = (await near.sealData(encoder.encode("x"))).map((byte, i, { length }) => (i === length - 1 ? byte ^ 1 : byte));
    const codes = {
      replayed: await thrown(() => far.openData(sealed, "near")),
      altered: await thrown(() => far.openData(altered, "near")),
      "another sender": await thrown(() => third.openData(sealed, "far")),
      "not for us": await thrown(() => third.openData(one, "near")),
      "for us": await thrown(() => far.openData(one, "near")),
      empty: await thrown(async () => far.openData(await near.sealData(new Uint8Array()), "near")),
      "as long as can be": await thrown(async () => far.openData(await near.sealData(new Uint8Array(16 << 20)), "near")),
      "too long": await thrown(() => near.sealData(new Uint8Array((16 << 20) + 1))),
      "no bytes": await thrown(() => near.sealData("text")),
      "no sender": await thrown(() => far.openData(sealed)),
    };
    await sealframe.close();
    return { opened, codes };
  },

  /** A member seals under the KID of another, and under the next one. What becomes of the other's frames? */
  async "taken KID"({ source, count }) {
    const sealframe = await Sealframe.start({ device: false });
    const { passphrase, call: room, secret } = await shared(source);
    const keys = () => Object.fromEntries(["alice", "bob", "mallory"].map((name) => [name, secret.slice()]));
    const join = (as) => sealframe.join(room, { as, ...(source === "application" ? { keys: keys() } : { passphrase }) });
    const [alice, bob] = [await join("alice"), await join("bob")];
    const kid = kidOf(await alice.sealData(encoder.encode("not delivered")));
    const mallory = await senderKey(secret, source, "mallory");
    const forged = await Promise.all([kid, kid + 1n].map((kid) => forge(mallory, kid, encoder.encode("mine"))));
    const codes = [];
    for (const message of forged) codes.push(await thrown(() => bob.openData(message, "mallory")));
    codes.push(await thrown(() => bob.openData(forged[0], "alice")));
    const opened = [await passing(alice, bob, count)];
    const { shown, dropped } = await shows(alice, bob);
    if (source === "application") await bob.setKeys({ alice: secret.slice(), bob: secret.slice() });
    opened.push(await passing(alice, bob, count));
    await sealframe.close();
    return { codes, opened, shown, dropped };
  },

  /** A passphrase is all they share; the same letters in other bytes are the same passphrase. */
  async passphrase() {
    const progress = [];
    const sealframe = await Sealframe.start({ device: false, onprogress: (step) => progress.push(step) });
    const join = (as, passphrase) => sealframe.join("passphrase", { as, passphrase });
    const [near, far, wrong] = [await join("near", "Größe 密码"), await join("far", "Gro\u0308ße 密码"), await join("wrong", "Grosse 密码")];
    const { shown } = await shows(near, far);
    const data = await reaches(far, near);
    near.limit = 2_000;
    const other = await shows(near, wrong);
    // Said one after the other, without waiting: the last one counts.
    const [last, steps] = [[], [...progress]];
    for (let i = 0; i < 6; i++) {
      const call = await sealframe.join("passphrase", { as: `${i}` });
      const words = i % 2 ? ["Größe 密码", "Grosse 密码"] : ["Grosse 密码", "Größe 密码"];
      await Promise.all(words.map((one) => call.setPassphrase(one)));
      last.push(await reaches(call, near, i % 2 ? 1_000 : undefined));
    }
    const codes = [await thrown(() => join("x", "")), await thrown(() => join("x", 5)), await thrown(() => near.setKeys({ near: new Uint8Array(32) }))];
    await sealframe.close();
    return { shown, data, other, last, codes, progress: steps };
  },
};

/** A secret that all in a call share, as a member has it. */
async function shared(source) {
  if (source === "application") return { call: "shared", secret: crypto.getRandomValues(new Uint8Array(32)) };
  const { calls } = await (await fetch("/vectors/sealframe-passphrase.json")).json();
  const { passphrase, call, callKey } = calls[0];
  return { passphrase, call, secret: Uint8Array.from(callKey.match(/../g), (byte) => parseInt(byte, 16)) };
}

/** Of so many messages, how many open. */
async function passing(from, to, count) {
  let opened = 0;
  for (let i = 0; i < count; i++) {
    const sealed = await from.sealData(encoder.encode(`${i}`));
    opened += (await thrown(() => to.openData(sealed, from.self))) === "nothing";
  }
  return opened;
}

/** What cannot be restored, and why. */
async function refusals(name, file) {
  const start = (file, password) => thrown(() => Sealframe.start({ name, restore: { file, password } }));
  const changed = (at) => file.map((byte, i) => (i === at ? byte ^ 1 : byte));
  return {
    "wrong password": await start(file, "Correct horse battery staple"),
    "no password": await start(file),
    "no file": await start(undefined, PASSWORD),
    "not a file": await start(new Uint8Array(100), PASSWORD),
    "cut short": await start(file.subarray(0, 80), PASSWORD),
    "salt changed": await start(changed(30), PASSWORD),
    "last byte changed": await start(changed(file.length - 1), PASSWORD),
    "later version": await start(changed(18), PASSWORD),
  };
}

/** In a profile that has nothing: the same device, in a call, its keys locked again. */
async function restore(name, file) {
  const result = await using({ name, restore: { file, password: PASSWORD } }, async (sealframe) => ({
    id: sealframe.bundle.id,
    file: hex(await sealframe.recoveryFile()) === hex(file),
    call: await converse(sealframe, "after"),
  }));
  const { value } = (await rows(`sealframe:${name}`)).find(({ key }) => key === "device");
  const extractable = keys(value).filter(({ type, extractable }) => type !== "public" && extractable).length;
  const twice = await using({ name, restore: { file, password: PASSWORD } }, async (sealframe) => {
    const { id } = sealframe.bundle;
    await sealframe.logOut();
    return id === result.id;
  });
  return { ...result, extractable, twice };
}

globalThis.ready = true;
