/**
 * Checks the messages between page and worker. Both ends check a request against one table: the
 * page to throw if an argument is wrong, the worker because it trusts nobody.
 */
import { isBytes } from "./brand.js";
import { SealframeError } from "./errors.js";
import type { GroupOptions } from "./types.js";
import type { Fields, Request, RequestType, TransformOptions } from "./wire.js";

type Check = (value: unknown) => boolean;
type Checks<T> = { [F in keyof T]-?: Check };

/** The name of a worker that answers one question to Argon2. */
export const ARGON2_WORKER = "sealframe-argon2";
/** At most this many devices are on a roster: the core takes no more. */
const MAX_DEVICES = 1024;
/** At most this many items are in any other list. */
const MAX_ITEMS = 4096;
/** At most this many bytes are in a message between devices: the way into a group of 200 has 600 KB. */
const MAX_MESSAGE_BYTES = 1 << 20;
/** At most this many bytes are in a data message. */
const MAX_DATA_BYTES = 16 << 20;
/** At most this many bytes are added by sealing a data message. */
const MAX_DATA_OVERHEAD = 64;

const oneOf =
  (...values: unknown[]): Check =>
  (value) =>
    values.includes(value);
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const list =
  (check: Check, max = MAX_ITEMS): Check =>
  (value) =>
    Array.isArray(value) && value.length <= max && value.every((item) => check(item));
const roster = (check: Check) => list(check, MAX_DEVICES);
const within = ({ length }: { length: number }, min: number, max: number) =>
  length >= min && length <= max;

/** Bytes in memory that is not shared, so that they cannot change after this check. */
const bytes =
  (min: number, max: number): Check =>
  (value) =>
    isBytes(value) && !isDetached(value.buffer) && within(value, min, max);

/** Browsers before 2024 have no `buffer.detached`, but throw. */
function isDetached(buffer: ArrayBuffer): boolean {
  try {
    return !new Uint8Array(buffer);
  } catch {
    return true;
  }
}

/** Checks that a text has `min` to `max` bytes in UTF-8, which is its form in messages. */
const text =
  (min: number, max: number): Check =>
  (value) =>
    typeof value === "string" &&
    within(new TextEncoder().encode(value), min, max) &&
    !/\p{Surrogate}/u.test(value);

/** Text without control characters, because people or logs may show it. */
const plain =
  (min: number, max: number): Check =>
  (value) =>
    text(min, max)(value) && !/\p{Cc}/u.test(value as string);

const name = plain(1, 64);
const secret = text(1, 1024);
const bundle = bytes(1, 4096);
const call: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const attachmentId = call;

const mediaType =
  (kind: unknown): Check =>
  (value) =>
    name(value) && (value as string).toLowerCase().startsWith(`${kind}/`);

/** RFC 3550 §5.1: 7 bits. */
const payloadType: Check = (value) =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) < 128;

const suite = oneOf("mlkem768-p256", "p256", "p256-aes128");
const broadcast = oneOf(true, false, "ordered");
const isGroup: Check = (value) => {
  const options = (value ?? {}) as Partial<GroupOptions>;
  const { hasPassphrase } = options;
  return suite(options.suite) && broadcast(options.broadcast) && typeof hasPassphrase === "boolean";
};

/** A request also has an `id`, which its reply repeats. */
const REQUESTS: { [T in RequestType]: Checks<Fields<T>> } = {
  start: {
    wasm: text(1, 8192),
    integrity: optional(text(1, 1024)),
    argon2: text(1, 8192),
    argon2Integrity: optional(text(1, 1024)),
    mls: text(1, 8192),
    mlsIntegrity: optional(text(1, 1024)),
    device: oneOf(true, false, "known"),
    name: text(0, 64),
    postQuantum: oneOf(true, false, "required"),
    legacy: oneOf(false, "accept", "device"),
    lock: text(1, 64),
    build: text(1, 64),
    password: optional(secret),
    file: optional(bytes(1, 70_000)),
  },
  join: {
    call,
    callId: text(1, 256),
    as: optional(name),
    exchange: oneOf(true, false),
    group: optional(isGroup),
  },
  keys: { call, senders: list(name), keys: list(bytes(16, 64)) },
  passphrase: { call, passphrase: secret },
  members: {
    call,
    bundles: roster(bundle),
    ids: roster(optional(text(0, 64))),
    owners: roster(optional(call)),
    names: list(name),
  },
  receive: { call, bytes: bytes(1, MAX_MESSAGE_BYTES), from: optional(name) },
  rotate: { call },
  reconnected: { call },
  stats: { call },
  stopped: { call, attachmentId, code: oneOf("leak-stopped", "header-extension") },
  count: { call, attachmentId },
  left: { call, attachmentId },
  codecs: { call, attachmentId, types: list(payloadType), mimes: list(name) },
  fault: { call, attachmentId, code: oneOf("", "packetization-mode", "not-sent") },
  sealData: { call, bytes: bytes(0, MAX_DATA_BYTES), to: optional(name) },
  openData: { call, bytes: bytes(1, MAX_DATA_BYTES + MAX_DATA_OVERHEAD), from: name },
  close: { call },
  safetyNumber: { bundle },
  recoveryFile: {},
  forgetDevice: { name, device: name },
  logOut: {},
};

/** The application's name for a field, if it differs from ours. */
const ARGUMENTS: { [T in RequestType]?: { [field: string]: string } } = {
  start: { wasm: "wasmUrl", argon2: "argon2Url", mls: "mlsUrl", file: "restore" },
  keys: { senders: "keys" },
  members: { bundles: "members", ids: "members", owners: "members", names: "members" },
  forgetDevice: { device: "id" },
};

/** Requests that another worker may get again: they contain no key, and repeating does no harm. */
const REPEATABLE = new Set<RequestType>([
  "join",
  "members",
  "receive",
  "rotate",
  "reconnected",
  "stats",
  "stopped",
  "close",
  "safetyNumber",
  "recoveryFile",
  "forgetDevice",
  "logOut",
]);
export const isRepeatable = (type: RequestType) => REPEATABLE.has(type);

const ATTACHMENT: Checks<Omit<TransformOptions, "codec">> = {
  direction: oneOf("seal", "open"),
  kind: oneOf("audio", "video"),
  call,
  attachmentId,
  again: oneOf(true, false),
  replaces: optional(attachmentId),
  sender: name,
  track: plain(0, 255),
};

/** The checked fields of a request, without any others that came with it. */
export function request(message: unknown): Request {
  const type = (message as { type?: unknown } | null | undefined)?.type as RequestType;
  if (!Object.hasOwn(REQUESTS, type)) throw new SealframeError("bad-argument", "type");
  const checks = REQUESTS[type] as { [field: string]: Check };
  const fields = parse(checks, message, ARGUMENTS[type]);
  return { type, ...fields } as Request;
}

/**
 * A request as the page sends it. Its bytes are copies, without the rest of their buffers, so the
 * application may change its own bytes later.
 */
export function outgoing(message: unknown): Request & { call?: number } {
  const fields = Object.entries(request(message)).map(([field, value]) => [field, copied(value)]);
  return Object.fromEntries(fields);
}

/** The constructor copies bytes of every subclass; `slice()` of a Buffer of Node does not. */
function copied(value: unknown): unknown {
  if (isBytes(value)) return new Uint8Array(value);
  return Array.isArray(value) ? value.map(copied) : value;
}

/** The buffers of the bytes in `fields`, to transfer them instead of copying. */
export const memory = (fields: object): ArrayBuffer[] =>
  Object.values(fields)
    .flat()
    .filter(isBytes)
    .map(({ buffer }) => buffer);

/** The checked options of a transform. */
export function transformOptions(options: unknown): TransformOptions {
  const kind = (options as { kind?: unknown } | null | undefined)?.kind;
  const fields = parse({ ...ATTACHMENT, codec: optional(mediaType(kind)) }, options, {
    sender: "from",
  });
  return fields as unknown as TransformOptions;
}

function parse(
  checks: { [field: string]: Check },
  message: unknown,
  names: { [field: string]: string } = {},
): { [field: string]: unknown } {
  const given = message as { [field: string]: unknown } | null | undefined;
  const read = Object.keys(checks).map((field) => [field, given?.[field]] as const);
  const wrong = read.find(([field, value]) => !checks[field]?.(value));
  if (wrong) throw new SealframeError("bad-argument", names[wrong[0]] ?? wrong[0]);
  return Object.fromEntries(read);
}
