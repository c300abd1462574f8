// Requests, rosters and calls while a worker is replaced: scenarios for requests.test.mjs.
import { Sealframe } from "/dist/index.js";
import { kill, record, returned, within } from "./deaths.js";
import { key, sleep, taps, until, workers } from "./pair.js";

globalThis.scenarios = {
  /** Requests to a worker that died, and requests while there is no worker. */
  async "pending requests"() {
    const own = await Sealframe.start({ name: "pending" });
    const worker = workers.at(-1);
    const call = await own.join("pending", {});
    await call.setMembers([own.bundle]);
    worker.terminate();
    const code = (promise) =>
      promise.then(
        () => "done",
        (error) => error.code,
      );
    const ask = () => [
      call.stats(),
      call.setMembers([]),
      call.rotate(),
      call.receive(new Uint8Array(10)),
      call.setKeys({ a: key(1) }),
    ];
    const pending = ask().map(code);
    const { restarts } = await call.stats();
    const during =
      (worker.onerror?.(new Event("error")), workers.at(-1).terminate(), ask().map(code));
    const result = {
      pending: await Promise.all(pending),
      restarts,
      during: await Promise.all(during),
    };
    const closed = [code(own.logOut())];
    return { ...result, closed: await Promise.all(closed) };
  },

  /**
   * The roster that the next worker gets.
   * @returns for each case its members, and whether bob got a key
   */
  async rosters() {
    const bob = await Sealframe.start({ name: "bob" });
    const person = { name: "bob", devices: [bob.bundle] };
    const statements = {
      "two at once": async (call) => {
        await Promise.all([call.setMembers([person]), call.setMembers([])]);
      },
      unanswered: async (call) => {
        await call.setMembers([bob.bundle]);
        return () => call.setMembers([]);
      },
      refused: async (call) => {
        await call.setMembers([bob.bundle]);
        await call.setMembers([bob.bundle, new Uint8Array(131)]).catch(() => {});
      },
      "refused, and gone": async (call) => {
        await call.setMembers([bob.bundle]);
        await call.setMembers([new Uint8Array(131)]).catch(() => {});
      },
      "refused too late": async (call) => {
        await call.setMembers([bob.bundle]);
        return () => call.setMembers([bob.bundle, new Uint8Array(131)]).catch(() => {});
      },
      "a buffer used again": async (call) => {
        const bytes = bob.bundle.bytes.slice();
        const stated = call.setMembers([bytes]);
        bytes.fill(0);
        await stated;
      },
    };
    const found = {};
    for (const [name, state] of Object.entries(statements)) {
      const own = await Sealframe.start({ name: "rosters" });
      const call = await own.join(name);
      const events = record(call, "error");
      const meanwhile = await state(call);
      const told = [];
      const again = returned(call);
      kill(workers.at(-1));
      call.addEventListener("message", ({ to }) => told.push(to));
      const stated = meanwhile?.();
      await again;
      await stated;
      await sleep(600);
      const { members } = await call.stats();
      found[name] = {
        members: members.length,
        told: told.includes(bob.bundle.id),
        errors: events.length,
      };
      await own.logOut();
    }
    await bob.logOut();
    return found;
  },

  /** Another tab enters one of two calls while there is no worker. */
  async "one of two"() {
    const [own, other] = [
      await Sealframe.start({ name: "two calls" }),
      await Sealframe.start({ name: "two calls" }),
    ];
    const calls = { lost: await own.join("lost"), kept: await own.join("kept") };
    const events = {};
    for (const [name, call] of Object.entries(calls)) {
      await call.setMembers([]);
      events[name] = record(call, "restarted", "error");
    }
    const joining = other.join("lost");
    await sleep(300);
    const before = workers.length;
    kill(workers.at(-2));
    const code = (promise) =>
      within(promise, "answer").then(
        () => "done",
        (error) => error.code ?? error.message,
      );
    const waiting = code(calls.lost.stats());
    // The kept call answers before the lost one, which waits for three seconds.
    const order = [];
    const note = (name) => (answer) => (order.push(name), answer);
    const last = waiting.then(note("lost"));
    const kept = [
      await code(calls.kept.stats()),
      await code(calls.kept.setMembers([])).then(note("kept")),
    ];
    await last;
    await until(() => events.lost.length > 0);
    const pc = new RTCPeerConnection(calls.lost.configuration());
    const lost = {
      waiting: await waiting,
      stats: await code(calls.lost.stats()),
      sealed: "nothing",
    };
    try {
      calls.lost.seal(pc.addTransceiver("audio").sender);
    } catch (error) {
      lost.sealed = error.code;
    }
    pc.close();
    const told = { lost: [...events.lost], kept: [...events.kept] };
    const made = workers.length - before;
    const closed = [await code(joining), await code(calls.lost.close()), await code(other.close())];
    const again = await code(own.join("lost"));
    await own.logOut();
    return { kept, order, lost, events: told, made, closed, again };
  },

  /** close() without a worker, and with one that hangs. Both must release the device. */
  async closing() {
    const name = "closing";
    const begin = async () => {
      const own = await Sealframe.start({
        name,
        workerUrl: "/harness/page/tap-worker.js?tap=near device",
      });
      const calls = [await own.join("room"), await own.join("other")];
      for (const call of calls) await call.setMembers([]);
      return { own, calls, worker: workers.at(-1) };
    };
    const code = (promise) =>
      promise.then(
        () => "done",
        (error) => error.code,
      );
    const timed = async (promise) => [await code(within(promise, "closed")), performance.now()];

    const one = await begin();
    kill(one.worker);
    const [closed, at] = await timed(one.own.close());
    const codes = [closed, await code(one.own.join("again")), await code(one.calls[0].stats())];
    // This start need not wait, because the device is free.
    const two = await begin();
    const free = performance.now() - at;

    kill(two.worker);
    const left = await code(two.calls[0].close());
    const rest = [
      await code(two.calls[1].stats()),
      await code(two.own.join("room").then((call) => call.close())),
    ];
    taps.near.tell("hang");
    await sleep(100);
    const start = performance.now();
    const [hung, end] = await timed(two.own.close());
    const ours = ({ name: lock }) => lock.includes(name) || lock.includes(two.calls[0].self);
    let locks; // a worker in an endless loop takes a while to end
    await until(async () => {
      const { held, pending } = await navigator.locks.query();
      return !(locks = [...held, ...pending].filter(ours).length);
    });
    await (await Sealframe.start({ name })).logOut();
    return { codes, free, left, rest, hung, milliseconds: end - start, locks };
  },
};

globalThis.ready = true;
