/**
 * `sealframe/report`: a report of a call for people who look for a fault. It is made to be sent to
 * others: it has no keys, no addresses, no call id, no whole device ids, and names only if they are
 * asked for.
 */
import {
  type ErrorCode,
  type MemberStats,
  Sealframe,
  SealframeError,
  type State,
  type Stats,
  type StreamStats,
  type Support,
} from "./index.js";

/** A call of a page or of Node. */
export interface ReportedCall {
  readonly self: string;
  readonly closed: boolean;
  stats(): Promise<Stats>;
  addEventListener(type: string, listener: (event: Event) => void): void;
}

export interface ReportOptions {
  /** Whether names of sides and labels of tracks are in the report as they are. */
  names?: boolean;
}

/** How often an event came. */
export interface Seen {
  event: string;
  /** Of a "state" event. */
  state?: State;
  code?: string;
  count: number;
  /** Seconds since the last one. */
  secondsAgo: number;
}

export interface Report {
  /** The build id, which begins with the version. */
  build: string;
  /** The browser's user agent, or the version of Node. */
  platform: string;
  /** What the browser has. Absent in Node. */
  support?: Support;
  /** Seconds since the report began to count events. */
  seconds: number;
  self: string;
  closed: boolean;
  /** Why there are no statistics: the four fields below are absent. */
  unavailable?: ErrorCode | "unknown";
  streams?: StreamStats[];
  members?: MemberStats[];
  /** Whether keys are hybrid for all members, and how often core or worker were restarted. */
  keys?: { hybrid: boolean | undefined; restarts: number };
  /** The number of the group's epoch, and how many devices are in it. */
  epoch?: { epoch: number; devices: number } | undefined;
  events: Seen[];
}

/** The events that are counted. Those of `CODED` are counted for each code. */
const EVENTS = [
  ...["message", "epoch", "state", "error", "restarted", "keys-changed", "device-twice"],
  ...["untrusted", "post-quantum", "leak-stopped"],
];
/** Other events have fields of the name that mean something else. */
const CODED = new Set(["state", "error", "restarted", "leak-stopped"]);
/** At most this many kinds of events are counted: an application can dispatch any. */
const MAX_KINDS = 256;
/** The form of a code. */
const CODE = /^[a-z0-9-]{1,40}$/;
/** The form of a device's id. */
const ID = /^[0-9a-f]{32}$/;
/** This many digits of an id tell the devices of a call apart, and lead to none outside of it. */
const DIGITS = 6;

/**
 * Counts the events of a call from now on. The returned function makes a report: an object for
 * `JSON.stringify()`. It also works after the call has ended.
 */
export function reporter(call: ReportedCall): (options?: ReportOptions) => Promise<Report> {
  if (typeof call?.stats !== "function") throw new SealframeError("bad-argument", "call");
  const began = performance.now();
  const counts = new Map<string, { seen: Omit<Seen, "secondsAgo">; at: number }>();
  const count = (event: Event) => {
    const seen = seenOf(event);
    const key = JSON.stringify(seen);
    const before = counts.get(key)?.seen.count ?? 0;
    if (before === 0 && counts.size >= MAX_KINDS) return;
    counts.set(key, { seen: { ...seen, count: before + 1 }, at: performance.now() });
  };
  for (const type of EVENTS) call.addEventListener(type, count);
  return async ({ names = false }: ReportOptions = {}) => {
    const shown = new Names(names);
    const now = performance.now();
    return {
      build: Sealframe.build,
      ...platform(),
      seconds: secondsBetween(began, now),
      self: shown.side(call.self),
      closed: call.closed,
      ...(await statistics(call, shown)),
      events: [...counts.values()].map(({ seen, at }) => ({
        ...seen,
        secondsAgo: secondsBetween(at, now),
      })),
    };
  };
}

function seenOf(event: Event) {
  const { type, state, code } = event as Event & { state?: State; code?: unknown };
  const isCoded = CODED.has(type) && typeof code === "string" && CODE.test(code);
  return {
    event: type,
    ...(type === "state" && typeof state === "string" && CODE.test(state) ? { state } : {}),
    ...(isCoded ? { code } : {}),
  };
}

function platform() {
  const { document, navigator, process } = globalThis as typeof globalThis & {
    process?: { version: string };
  };
  if (document) return { platform: navigator.userAgent, support: Sealframe.support() };
  return { platform: `Node ${process?.version}` };
}

/** Each field is named: a new one of `stats()` is in no report before somebody has judged it. */
async function statistics(call: ReportedCall, shown: Names): Promise<Partial<Report>> {
  let stats: Stats;
  try {
    stats = await call.stats();
  } catch (error) {
    const { code = "unknown" } = error as { code?: ErrorCode };
    return { unavailable: code };
  }
  const { hybrid, restarts, epoch } = stats;
  return {
    streams: stats.streams.map((stream) => ({
      ...{ direction: stream.direction, kind: stream.kind, codec: stream.codec },
      ...{ sender: shown.side(stream.sender), track: shown.track(stream.track) },
      ...{ state: stream.state, code: stream.code, frames: stream.frames, bytes: stream.bytes },
      ...{ overhead: stream.overhead, dropped: { ...stream.dropped } },
      microseconds: { ...stream.microseconds },
    })),
    members: stats.members.map(({ id, kem, legacy, keyed, acknowledged }) => ({
      id: shown.side(id),
      kem,
      legacy,
      keyed,
      acknowledged,
    })),
    keys: { hybrid, restarts },
    epoch: epoch && { epoch: epoch.epoch, devices: epoch.members.length },
  };
}

const secondsBetween = (from: number, to: number) => Math.round((to - from) / 1000);

/** What stands for a name or label: a number for each, in the order in which they come. */
class Names {
  readonly #all: boolean;
  readonly #sides = new Map<string, string>();
  readonly #tracks = new Map<string, string>();

  constructor(all: boolean) {
    this.#all = all;
  }

  side(value: string): string {
    if (ID.test(value)) return `${value.slice(0, DIGITS)}…`;
    return this.#all ? value : numbered(this.#sides, "side", value);
  }

  track(value: string): string {
    return this.#all || value === "" ? value : numbered(this.#tracks, "track", value);
  }
}

function numbered(known: Map<string, string>, word: string, value: string): string {
  if (!known.has(value)) known.set(value, `${word} ${known.size + 1}`);
  return known.get(value) as string;
}
