/** What a call needs of this side's device, wherever its keys are. */
import type { Bytes } from "../shared/types.js";
import type { Post } from "../shared/wire.js";
import type { AgreeTask, SignTask } from "./host-task.js";
import type { KnownPerson } from "./known-devices.js";

/** Agreement keys of one incarnation (docs/protocol.md §2). */
export interface Stay {
  /** The public key; an RSA device has none. */
  point?: Bytes;
  /** The secret in what another device encapsulated to it. */
  agree(task: AgreeTask): Promise<[Bytes]>;
}

export interface CallDevice {
  readonly bundle: Bytes;
  readonly id: string;
  /** Whether keys that others seal to it are safe from a quantum computer. */
  readonly hybrid: boolean;
  /** The number of the weakest suite that members may have. */
  readonly weakest: number;
  /** The signature `r ‖ s`, 64 bytes. */
  sign(task: SignTask): Promise<[Bytes]>;
  /** Makes the keys of an incarnation, which are never stored. */
  stay(): Promise<Stay>;
  /** Reports devices that were never seen with their person, and remembers them. */
  recordKnownDevices(persons: KnownPerson[], post: Post): Promise<void>;
}
