// Devices of this profile, and what other scripts of the origin can do to their databases.
import { sleep } from "/harness/sleep.js";
import { Sealframe } from "/dist/index.js";

export const PASSWORD = "correct horse battery staple";
export const encoder = new TextEncoder();

export const hex = (bytes) =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

export const databases = async () => (await indexedDB.databases()).map(({ name }) => name);

/** Waits until `condition` holds. Only a fault reaches the limit, not a slow machine. */
export async function until(condition, limit = 40_000) {
  for (const end = performance.now() + limit; performance.now() < end; await sleep(50)) {
    const value = await condition();
    if (value) return value;
  }
  return false;
}

/** Starts a device, does something with it, and closes it in any case. */
export async function using(options, work) {
  const sealframe = await Sealframe.start(options);
  try {
    return await work(sealframe);
  } finally {
    await sealframe.close();
  }
}

/** Deletes a database as another script can. */
export const remove = (name) =>
  new Promise((done, failed) =>
    Object.assign(indexedDB.deleteDatabase(name), { onsuccess: done, onerror: failed }),
  );

/** Every row of the database of a device, as another script of this origin finds it. */
export async function rows(name, change) {
  const request = indexedDB.open(name);
  const database = await new Promise((done, failed) =>
    Object.assign(request, { onsuccess: () => done(request.result), onerror: failed }),
  );
  const store = database.transaction("sealframe", "readwrite").objectStore("sealframe");
  const all = (asked) => new Promise((done) => (asked.onsuccess = () => done(asked.result)));
  const [keys, values] = [await all(store.getAllKeys()), await all(store.getAll())];
  const found = keys.map((key, i) => ({ key, value: values[i] }));
  for (const row of change ? found.filter(change) : []) await all(store.put(row.value, row.key));
  database.close();
  return found;
}

/** Flips a bit of the entry of this name. The name of its row is a MAC of it under a stored key. */
export async function damage(database, entry) {
  const { value } = (await rows(database)).find(({ key }) => key === "device");
  const name = hex(
    new Uint8Array(await crypto.subtle.sign("HMAC", value.name, encoder.encode(entry))),
  );
  let hit = 0;
  await rows(
    database,
    (row) => row.key === name && ++hit && (row.value[row.value.length >> 1] ^= 1) >= 0,
  );
  return hit;
}

/** Waits until the persons of the roster are stored, which `setMembers()` does not wait for. */
export const remembered = (sealframe) => sealframe.forgetDevice("nobody", "none");

/** Makes the next `writes` writes of a worker fail. */
export async function full(writes) {
  const disk = new BroadcastChannel("full");
  const told = new Promise((done) => (disk.onmessage = done));
  disk.postMessage(writes);
  await told;
  disk.close();
}
