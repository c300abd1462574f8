// Devices, and starts that fail: scenarios for device.test.mjs.
import { sleep } from "/harness/sleep.js";
import { Sealframe } from "/dist/index.js";
import { thrown } from "./thrown.js";
import { bytes, each, workers } from "./traffic.js";

globalThis.scenarios = {
  async "bogus member"() {
    const sealframes = await Promise.all(
      ["bogus 1", "bogus 2"].map((name) => Sealframe.start({ name })),
    );
    const [own, other] = sealframes;
    const call = await own.join("room");
    const bundle = Uint8Array.from([4, 1, 4, ...bytes(64)]);
    const short = async (...parts) => {
      const all = Uint8Array.from(parts.flatMap((part) => [...part]));
      return new Uint8Array(await crypto.subtle.digest("SHA-256", all)).subarray(0, 16);
    };
    const id = await short(bundle);
    const bogus = [...id].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    const served = [];
    const sent = new Promise((resolve) =>
      call.addEventListener("message", ({ to, bytes }) => (served.push(to), resolve(bytes))),
    );
    const refused = new Promise((resolve) =>
      call.addEventListener("error", ({ from, code }) => resolve([from, code]), { once: true }),
    );
    await call.setMembers([bundle, other.bundle]);
    // A classic announcement of the other device, rewritten to come from the bogus one.
    const theirs = await other.join("room");
    const announced = new Promise((resolve) =>
      theirs.addEventListener("message", ({ bytes }) => resolve(bytes)),
    );
    await theirs.setMembers([own.bundle]);
    const [message, label] = [
      (await announced).slice(0, 187 + 65 + 64),
      new TextEncoder().encode("sealframe/2 incarnation"),
    ];
    message.set([1], 2);
    message.set(id, 19);
    message.set(
      await short(label, message.subarray(3, 19), id, [1], message.subarray(171, 187 + 65)),
      51,
    );
    await call.receive(message);
    await sent;
    const result = { bogus, refused: await refused, served, others: [other.bundle.id] };
    for (const sealframe of sealframes) await sealframe.logOut();
    return result;
  },

  async "failed starts"() {
    const results = await each({
      "no worker": () => Sealframe.start({ workerUrl: "/nowhere.js" }),
      "no wasm": () => Sealframe.start({ wasmUrl: "/nowhere.wasm", device: false }),
      "not wasm": () => Sealframe.start({ wasmUrl: "/dist/index.js", device: false }),
      "wrong hash": () => Sealframe.start({ integrity: `sha384-${"A".repeat(64)}`, device: false }),
      "foreign worker": () =>
        Sealframe.start({ workerUrl: "https://example.org/worker.js", device: false }),
    });
    const again = await Sealframe.start({ device: false });
    await again.close();
    return results;
  },

  /**
   * Without locks no device starts, everything else works, and a dead worker is noticed by its
   * silence.
   */
  async lockless() {
    const workerUrl = "/tests/pages/lockless-worker.js";
    const device = await thrown(() => Sealframe.start({ name: "lockless", workerUrl }));
    const start = performance.now();
    const sealframe = await Sealframe.start({ device: false, workerUrl });
    const worker = workers.at(-1);
    const milliseconds = performance.now() - start;
    const call = await sealframe.join("room", { as: "me", keys: { me: bytes(32) } });
    const events = [];
    for (const type of ["restarted", "error"])
      call.addEventListener(type, ({ code }) => events.push(code));
    await sleep(500);
    const early = events.length;
    worker.terminate();
    for (let i = 0; i < 600 && events.length === 0; i++) await sleep(100);
    await sealframe.close();
    return { device, milliseconds, early, events };
  },

  async integrity() {
    const wasm = await (await fetch("/dist/core.wasm")).arrayBuffer();
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-384", wasm));
    const sealframe = await Sealframe.start({
      integrity: `sha384-${btoa(String.fromCharCode(...hash))}`,
      device: false,
    });
    await sealframe.close();
    return "started";
  },

  /**
   * A restart finds the same device, another name another one, and a log-out leads to a new one.
   */
  async devices() {
    const open = async (name) => {
      const sealframe = await Sealframe.start({ name });
      const { bundle } = sealframe;
      return { sealframe, id: bundle.id, bytes: bundle.bytes, frozen: Object.isFrozen(bundle) };
    };
    const first = await open("one");
    await first.sealframe.close();
    const again = await open("one");
    const other = await open("two");
    await again.sealframe.logOut();
    const fresh = await open("one");
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", first.bytes)).subarray(0, 16);
    await Promise.all([other, fresh].map(({ sealframe }) => sealframe.logOut()));
    return {
      ids: [first, again, other, fresh].map(({ id }) => id),
      hash: Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join(""),
      frozen: first.frozen,
      length: first.bytes.length,
      left: (await indexedDB.databases()).map(({ name }) => name),
    };
  },
};

globalThis.ready = true;
