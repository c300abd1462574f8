/** This tab's device: which one it takes, and what its owner is called until they say so. */

/** Tabs of one browser share its storage. Each takes the first of these devices that is free. */
const DEVICES = 12;
/** Where a tab remembers which one it has. */
const MINE = "sealframe-demo/device";
/** Milliseconds to wait for it after a reload. */
const PATIENCE = 5000;
const FIRST = [
  ...["Amber", "Azure", "Birch", "Cedar", "Clever", "Coral", "Dapper", "Early", "Fern", "Gentle"],
  ...["Hazel", "Indigo", "Jolly", "Lively", "Maple", "Merry", "Nimble", "Olive", "Quiet", "Rapid"],
  ...["Ruby", "Silver", "Sunny", "Teal", "Tidy", "Violet", "Warm", "Willow"],
];
const SECOND = [
  ...["Badger", "Beaver", "Crane", "Dolphin", "Eagle", "Falcon", "Finch", "Fox", "Gecko", "Hare"],
  ...["Heron", "Ibis", "Jay", "Koala", "Lark", "Lynx", "Marten", "Mole", "Newt", "Otter"],
  ...["Owl", "Panda", "Puffin", "Raven", "Robin", "Seal", "Stork", "Swan", "Tern", "Wren"],
];

/** The name of a device that no other tab uses. It stays ours until the tab is closed. */
export async function freeDevice() {
  const before = sessionStorage.getItem(MINE);
  // A page that is reloaded may still hold its device for a moment.
  if (before && (await take(before, { signal: AbortSignal.timeout(PATIENCE) }))) return before;
  for (let n = 1; n <= DEVICES; n++) {
    const name = `demo-${n}`;
    if (!(await take(name, { ifAvailable: true }))) continue;
    sessionStorage.setItem(MINE, name);
    return name;
  }
  throw new Error("too many tabs");
}

/** A name for the owner of a device: the same one each time. @param {string} id */
export function nameOf(id) {
  const [one, two] = [0, 4].map((at) => Number.parseInt(id.slice(at, at + 4), 16));
  return `${FIRST[one % FIRST.length]} ${SECOND[two % SECOND.length]}`;
}

/** @param {string} name @param {LockOptions} options @returns {Promise<boolean>} whether it is ours */
function take(name, options) {
  return new Promise((resolve) => {
    const hold = (lock) => {
      resolve(lock !== null);
      return lock && new Promise(() => {});
    };
    navigator.locks.request(name, options, hold).catch(() => resolve(false));
  });
}
