/** The worker: takes requests and transforms, and hands each to the call it is for. */
import { codes, safetyNumber, start, wipe } from "./engine.js";
import { Device } from "./device.js";
import { SealframeError, codeOf } from "./errors.js";
import { VAULT, attachment, request } from "./messages.js";
import { Session } from "./session.js";
import * as vault from "./vault.js";

/** Milliseconds: a sender that leaks is stopped within a second. */
const PULSE = 200;
/** Milliseconds for a lock that nobody else knows of. */
const LOCK = 3000;
const calls = /** @type {Map<number, Session>} */ (new Map());
/** @type {Device | undefined} */
let device;

self.onmessage = async ({ data }) => {
  if (data?.type === "streams") return attach(data);
  const id = data?.id;
  if (!Number.isSafeInteger(id)) return;
  try {
    self.postMessage({ type: "reply", id, value: await serve(request(data)) });
  } catch (error) {
    self.postMessage({ type: "reply", id, error: codeOf(error) });
  }
  // Our copies, and whatever lay around them: the core has its own by now, or never will.
  if (Array.isArray(data.keys)) data.keys.forEach((/** @type {any} */ key) => new Uint8Array(key?.buffer ?? 0).fill(0));
};

self.onrtctransform = ({ transformer }) => attach(transformer);

// The page cannot know which of its requests was no message here: another worker is asked all that is open.
self.onmessageerror = () => { throw new SealframeError("worker-failed"); };

if (self.name === VAULT) vault.listen();
else pulse();

// A write to a closed stream: its pump has seen it, the console need not.
self.onunhandledrejection = (event) => event.preventDefault();

/** Streams that a page without transforms sent have the same shape. */
function attach(/** @type {any} */ transformer) {
  try {
    const { call, ...ward } = attachment(transformer.options);
    calls.get(call)?.attach(ward, transformer);
  } catch {
    // None of its frames passes. They are read all the same, or they would pile up.
    transformer?.readable?.pipeTo?.(new WritableStream()).catch(() => {});
  }
}

/** @type {(request: any) => unknown} */
function serve({ type, call, ...fields }) {
  if (type === "start") return startUp(fields);
  if (codes.length === 0) throw new SealframeError("start-failed");
  if (type === "join") return join(call, fields);
  if (type === "logOut") return logOut(); // then the page ends this worker, and all its memory
  if (type === "safetyNumber") return safety(fields.bundle);
  if (type === "recoveryFile") return own().file();
  if (type === "forgetDevice") return own().forget(fields.name, fields.device);
  const session = calls.get(call);
  if (!session) throw new SealframeError("call-closed");
  if (type === "close") calls.delete(call);
  // The table of requests has no name that is not one of its methods.
  return /** @type {any} */ (session)[type](fields);
}

/** @param {any} options */
async function startUp({ wasm, integrity, vault: url, vaultIntegrity, device: wanted, lock, ...options }) {
  // Held as long as this worker lives: the page waits for it, where pages have locks. Its pulse says it, too.
  const held = await new Promise((tell) => {
    const request = async () => navigator.locks.request(lock, () => (tell(true), new Promise(() => {})));
    request().catch(() => tell(false));
    setTimeout(tell, LOCK, false);
  });
  vault.setUp({ url, integrity: vaultIntegrity, tell: (progress) => self.postMessage({ type: "progress", ...progress }) });
  await start(wasm, integrity);
  if (wanted) device = await Device.open(options, { erased, failed });
  return { held, device: device && { id: device.id, bytes: device.bundle } };
}

/** @param {number} call @param {{ callId: string, as?: string, exchange: boolean }} options */
async function join(call, { callId, as: self = device?.id, exchange }) {
  if (self === undefined || calls.has(call)) throw new SealframeError("bad-argument", "as");
  const post = (/** @type {object} */ notice) => globalThis.postMessage({ ...notice, call });
  const leave = (exchange && (await device?.enter(callId))) || (() => {});
  try {
    const mine = exchange && device ? { device } : {};
    calls.set(call, await Session.open({ callId, self, post, leave, ...mine }));
  } catch (error) {
    leave();
    throw error;
  }
  return self;
}

function own() {
  if (!device) throw new SealframeError("bad-argument", "device");
  return device;
}

/** Twelve groups of five digits. */
const safety = (/** @type {Uint8Array} */ bundle) => safetyNumber(own().bundle, bundle).match(/\d{5}/g)?.join(" ");

/** Nothing stays: no key in a call, no call in memory, nothing in the profile. */
async function logOut() {
  forget("call-closed");
  await device?.erase();
}

/** Another page of this profile logged out. */
function erased() {
  forget("logged-out");
  self.postMessage({ type: "logged-out" });
}

/** Of every call: what it wants to be remembered is not, or not yet. */
function failed(/** @type {string} */ code) {
  self.postMessage({ type: "error", code });
}

function forget(/** @type {string} */ code) {
  calls.forEach((session) => session.end(code));
  calls.clear();
  wipe();
}

/** Tells the page, from the first moment on, that this worker is not stuck, and what it sealed since. */
function pulse() {
  const counts = Object.assign({}, ...[...calls.values()].map((session) => session.counts()));
  self.postMessage({ type: "pulse", counts });
  setTimeout(pulse, PULSE);
}
