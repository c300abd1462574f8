// Storage that another page stalls in mid-call: scenarios for stall.test.mjs.
import { Sealframe } from "/dist/index.js";
import { connect, finish, key, openedBy, sleep, until } from "./pair.js";
import { thrown } from "./thrown.js";

const encoder = new TextEncoder();

/** Opens a database as another script can. `upgrade` gets the event of an upgrade. */
function open(name, version, upgrade = () => {}) {
  const request = indexedDB.open(name, version);
  request.onupgradeneeded = upgrade;
  return new Promise((done, failed) =>
    Object.assign(request, {
      onsuccess: () => done(request.result),
      onerror: () => failed(request.error),
    }),
  );
}

/**
 * Ways to stall a database. Each returns a function that ends the stall and restores the database.
 */
const WAYS = {
  /** An upgrade that waits for another connection to close. */
  async upgrade(name) {
    const holder = await open(name);
    const upgrade = open(name, 2, ({ target }) => target.transaction.abort());
    return async () => {
      holder.close();
      await upgrade.catch(() => {});
    };
  },

  /** A transaction that does not end. */
  async transaction(name) {
    const holder = await open(name);
    const store = holder.transaction("sealframe", "readwrite").objectStore("sealframe");
    let busy = true;
    const ended = new Promise((done) => (store.transaction.oncomplete = done));
    const next = () => busy && (store.get("nothing").onsuccess = next);
    next();
    return async () => {
      busy = false;
      await ended;
      holder.close();
    };
  },
};

/** Delivers the messages of each call to the call that they are for. */
function relay(...calls) {
  for (const call of calls) {
    call.addEventListener("message", ({ to, bytes }) =>
      calls
        .find(({ self }) => self === to)
        ?.receive(bytes, call.self)
        .catch(() => {}),
    );
  }
}

const reaches = async (from, to) => {
  const sealed = await from.sealData(encoder.encode("hello"));
  return thrown(() => to.openData(sealed, from.self));
};

globalThis.scenarios = {
  /**
   * A device is in a call, and another call has application keys. Reports both during a stall and
   * after it.
   */
  async stall({ way, milliseconds, workerUrl }) {
    const sides = await Promise.all(
      ["near", "far", "third"].map((name) =>
        Sealframe.start({ name, ...(name === "near" && { workerUrl }) }),
      ),
    );
    const [own, other, third] = sides;
    const room = crypto.randomUUID();
    const [near, far] = await Promise.all([own, other].map((side) => side.join(room)));
    const keys = { near: key(1), far: key(2) };
    const [keyed, peer] = [
      await own.join("keyed", { as: "near", keys }),
      await other.join("keyed", { as: "far", keys }),
    ];
    relay(near, far);
    const [events, changes] = [[], []];
    for (const type of ["error", "restarted"])
      near.addEventListener(type, (event) => events.push(`${type} ${event.code}`));
    near.addEventListener("keys-changed", ({ name, added }) =>
      changes.push({ name, added: added.map((id) => id === third.bundle.id && "third") }),
    );
    const bob = (...devices) =>
      near.setMembers([{ name: "bob", devices: devices.map(({ bundle }) => bundle) }]);
    await near.setMembers([other.bundle]);
    await far.setMembers([own.bundle]);
    const pair = await connect({ wire: "same-task", call: near, watch: far, from: near.self });
    await until(() => pair.video?.ok(), 15_000);

    const release = await WAYS[way]("sealframe:near");
    let stalled = true;
    const first = { stated: await thrown(() => bob(other)), stalled };
    const asked = thrown(() => own.recoveryFile());
    await sleep(milliseconds);
    const opened = await openedBy(far);
    await until(async () => (await openedBy(far)) > opened + 20);
    const flows = (await openedBy(far)) > opened + 20;
    const before = [await reaches(near, far), await reaches(keyed, peer)];
    await near.setMembers([]);
    let removed;
    await until(async () => (removed = await reaches(near, far)) === "unknown-key");
    const during = {
      first,
      asked: await asked,
      join: await thrown(() => own.join("late")),
      flows,
      before,
      removed,
      keyed: await reaches(keyed, peer),
    };
    const told = [...events];

    await release();
    stalled = false;
    await own.forgetDevice("nobody", "none"); // resolves after all earlier writes
    await bob(other, third);
    await own.forgetDevice("nobody", "none");
    const after = {
      changes: [...changes],
      join: await thrown(() => own.join("later")),
      events: events.slice(told.length),
      keyed: await reaches(keyed, peer),
    };
    await finish(pair, near, far, keyed, peer);
    await Promise.all(sides.map((side) => side.logOut()));
    return { during, told, after };
  },
};
globalThis.ready = true;
