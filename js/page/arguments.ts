/** Reads what an application passes, and names the classes that it gets. */
import { isBytes } from "../shared/brand.js";
import { SealframeError } from "../shared/errors.js";
import type { Bundle, GroupOptions, Suite } from "../shared/types.js";
import type { KeyFields, RosterFields } from "../shared/wire.js";
import type { JoinOptions, Keys, Person } from "./options.js";

const SUITES: Suite[] = ["mlkem768-p256", "p256", "p256-aes128"];

/** Throws unless the value is an object. */
export function object<T>(value: T, argument: string): T & object {
  if (Object.prototype.toString.call(value) !== "[object Object]")
    throw new SealframeError("bad-argument", argument);
  return value as T & object;
}

export function keyFields(keys: Keys): KeyFields {
  return { senders: Object.keys(object(keys, "keys")), keys: Object.values(keys) };
}

/** The options of an MLS group, or nothing. */
export function groupFields(options: JoinOptions): GroupOptions | undefined {
  const { group, keys, passphrase, suite = "mlkem768-p256", broadcast = false } = options;
  if (group !== undefined && (group !== "mls" || keys))
    throw new SealframeError("bad-argument", "group");
  const isIn = (value: unknown, values: unknown[]) => values.includes(value);
  if (!isIn(suite, SUITES) || (!group && options.suite !== undefined))
    throw new SealframeError("bad-argument", "suite");
  if (!isIn(broadcast, [true, false, "ordered"]) || (!group && options.broadcast !== undefined))
    throw new SealframeError("bad-argument", "broadcast");
  return group && { suite, broadcast, hasPassphrase: passphrase !== undefined };
}

/** The bytes of a bundle. This checks nothing: the request's check finds a wrong argument. */
export function bytesOf(bundle: Bundle | Uint8Array): Uint8Array {
  return isBytes(bundle) ? bundle : ((bundle as Bundle | undefined)?.bytes as Uint8Array);
}

interface Entry {
  device: Bundle | Uint8Array;
  /** The index of the device's person in the list of names. */
  owner: number | undefined;
  /** The place in `members`. */
  place: number;
}

/** The fields of a roster for the worker, and each device's place in `members`. */
export function rosterFields(
  members: (Bundle | Uint8Array | Person)[],
): RosterFields & { places: number[] } {
  if (!Array.isArray(members)) throw new SealframeError("bad-argument", "members");
  const names: string[] = [];
  const all = members.flatMap((member, place): Entry[] => {
    if (!isPerson(member)) return [{ device: member, owner: undefined, place }];
    if (!Array.isArray(member.devices)) throw new SealframeError("bad-argument", "devices");
    const owner = names.push(member.name) - 1;
    return member.devices.map((device) => ({ device, owner, place }));
  });
  return {
    bundles: all.map(({ device }) => bytesOf(device)),
    ids: all.map(({ device }) => (isBytes(device) ? undefined : (device as Bundle | null)?.id)),
    owners: all.map(({ owner }) => owner),
    names,
    places: all.map(({ place }) => place),
  };
}

function isPerson(member: unknown): member is Person {
  return Boolean(typeof member === "object" && member && "devices" in member);
}

/**
 * Gives a class the name that frameworks and consoles show, because bundlers rename classes. Vue
 * makes a proxy of every object whose tag is "Object", and private fields fail through a proxy.
 */
export function named(of: { prototype: object }, name: string) {
  Object.defineProperty(of, "name", { value: name });
  Object.defineProperty(of.prototype, Symbol.toStringTag, { value: name });
}
