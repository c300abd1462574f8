/** The worker: takes requests and transforms, and passes each to its call. */
import { BUILD } from "../../target/glue/build.js";
import { causeIn, codeOf, SealframeError } from "../shared/errors.js";
import { ARGON2_WORKER, memory, request, transformOptions } from "../shared/messages.js";
import type { ErrorCode } from "../shared/codes.js";
import type { GroupOptions, Progress } from "../shared/types.js";
import type {
  CallRequestType,
  Counts,
  Fields,
  Joined,
  News,
  Notice,
  Pulse,
  Reply,
  Request,
  Started,
  StartFields,
} from "../shared/wire.js";
import * as argon2 from "./argon2.js";
import { Call } from "./call.js";
import { codes, safetyNumber, start, wipe } from "./core.js";
import { Device } from "./device.js";
import { SUITES } from "./device-keys.js";
import * as mls from "./mls.js";
import type { Transformer } from "./transformer.js";

/** Milliseconds between two pulses: a sender that leaks is stopped within a second. */
const PULSE_MS = 200;
/** At most this many milliseconds may the lock take that nobody else knows. */
const LOCK_MS = 3000;

const calls = new Map<number, Call>();
let device: Device | undefined;

self.onmessage = async ({ data }) => {
  if (data?.type === "streams") return attach(data);
  const id = data?.id;
  if (!Number.isSafeInteger(id)) return;
  try {
    if (data.type === "start") checkBuild(data.build);
    const value = await serve(request(data));
    // Nobody else has the bytes of an answer, so they are transferred.
    post({ type: "reply", id, value }, memory({ value }));
  } catch (error) {
    post({ type: "reply", id, error: codeOf(error), cause: causeIn(error) });
  }
  // Wipes our copies of keys: the core has its own by now, or never will.
  if (Array.isArray(data.keys))
    for (const key of data.keys) new Uint8Array(key?.buffer ?? 0).fill(0);
};

self.onrtctransform = ({ transformer }) => attach(transformer);

// The page cannot know which request failed, so the worker ends, and another gets all open ones.
self.onmessageerror = () => {
  throw new SealframeError("worker-failed");
};

if (self.name === ARGON2_WORKER) argon2.listen();
else pulse();

// A write to a closed stream rejects. Its pump has seen that, and the console need not.
self.onunhandledrejection = (event) => event.preventDefault();

function post(message: Reply | Notice | Pulse, transfer: Transferable[] = []) {
  self.postMessage(message, transfer);
}

/** Messages of a page of another build may have another form. */
function checkBuild(build: unknown = "unknown") {
  if (build === BUILD) return;
  const builds = { expected: `${build}`, found: BUILD };
  const url = self.location.href;
  throw new SealframeError("start-failed", { reason: "other-build", url, builds });
}

/** A page without transforms sends streams, which have the same form. */
function attach(transformer: Transformer & { options: unknown }) {
  try {
    const options = transformOptions(transformer.options);
    const call = calls.get(options.call);
    if (call) return call.attach(options, transformer);
  } catch {
    // It is treated as that of a call which has ended.
  }
  // No frame passes. They are read, because unread frames would pile up.
  transformer?.readable?.pipeTo?.(new WritableStream()).catch(() => {});
}

function serve(request: Request): unknown {
  if (request.type === "start") return startUp(request);
  if (codes.length === 0) throw new SealframeError("start-failed");
  switch (request.type) {
    case "join":
      return join(request.call, request);
    case "logOut":
      return logOut(); // then the page terminates this worker, and with it all memory
    case "safetyNumber":
      return digits(request.bundle);
    case "recoveryFile":
      return ownDevice().file();
    case "forgetDevice":
      return ownDevice().forget(request.name, request.device);
    default:
      return serveCall(request);
  }
}

function serveCall(request: Extract<Request, { type: CallRequestType }>): unknown {
  const call = calls.get(request.call);
  if (!call) throw new SealframeError("call-closed");
  if (request.type === "close") calls.delete(request.call);
  // `Call` has a method for each type.
  return (call as Record<CallRequestType, (fields: unknown) => unknown>)[request.type](request);
}

async function startUp(fields: Fields<"start">): Promise<Started> {
  const { wasm, integrity, argon2: url, argon2Integrity, mls: mlsUrl, mlsIntegrity, lock } = fields;
  const held = await hold(lock);
  const progress = (progress: Progress) => post({ type: "progress", ...progress });
  argon2.setUp({ url, integrity: argon2Integrity, progress });
  mls.setUp({ url: mlsUrl, integrity: mlsIntegrity });
  await start(wasm, integrity);
  const opened = await openDevice(fields);
  device = opened?.device;
  return {
    held,
    device: device && { id: device.id, bytes: device.bundle },
    isNew: opened?.isNew ?? false,
  };
}

/**
 * Holds the lock as long as this worker lives, and returns whether it could. The page waits for the
 * lock. Some pages have no locks; then the page only has the pulse.
 */
function hold(lock: string): Promise<boolean> {
  return new Promise((resolve) => {
    const forever = () => (resolve(true), new Promise(() => {}));
    const request = async () => navigator.locks.request(lock, forever);
    request().catch(() => resolve(false));
    setTimeout(resolve, LOCK_MS, false);
  });
}

async function openDevice({ device, name, postQuantum, legacy, password, file }: StartFields) {
  if (!device) return undefined;
  const known = device === "known";
  const options = { name, postQuantum, legacy, password, file, known };
  return Device.open(options, { erased, failed });
}

async function join(call: number, { callId, as: self = device?.id, exchange, group }: Joined) {
  if (group) checkGroup(group);
  if (self === undefined || calls.has(call)) throw new SealframeError("bad-argument", "as");
  const postNews = (news: News) => post({ ...news, call });
  const release = (exchange && (await device?.enter(callId))) || (() => {});
  const mine = exchange && device ? { device } : {};
  try {
    const context = { callId, self, post: postNews, ...mine, ...(group && { group }) };
    calls.set(call, await Call.open(context, release));
  } catch (error) {
    release();
    throw error;
  }
  // Open calls heard of the lost storage. This one hears of it when its page can listen.
  if (mine.device?.lost) setTimeout(postNews, 0, { type: "error", code: "store-failed" });
  return self;
}

/** Devices are in a group, and one that must be hybrid is in no group that is not. */
function checkGroup({ suite }: GroupOptions) {
  if (!device) throw new SealframeError("bad-argument", "group");
  if (device.weakest === SUITES.hybrid && suite !== "mlkem768-p256")
    throw new SealframeError("bad-argument", "suite");
}

function ownDevice(): Device {
  if (!device) throw new SealframeError("bad-argument", "device");
  return device;
}

/** Twelve groups of five digits. */
function digits(bundle: Uint8Array): string | undefined {
  return safetyNumber(ownDevice().bundle, bundle).match(/\d{5}/g)?.join(" ");
}

/** Wipes the keys of every call, and all that the profile stored. */
async function logOut() {
  forget("call-closed");
  await device?.erase();
}

/** Another page of this profile logged out. */
function erased() {
  forget("logged-out");
  post({ type: "logged-out" });
}

/** The storage failed: every call hears of it. */
function failed(code: ErrorCode) {
  post({ type: "error", code });
}

function forget(code: ErrorCode) {
  for (const call of calls.values()) call.end(code);
  calls.clear();
  wipe();
}

/** Tells the page, from the first moment on, that this worker lives, and what it counted since. */
function pulse() {
  const counts: Counts = Object.assign({}, ...[...calls.values()].map((call) => call.counts()));
  post({ type: "pulse", build: BUILD, counts });
  setTimeout(pulse, PULSE_MS);
}
