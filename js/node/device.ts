/** The device of a program. Its signing key is the application's to keep. */
import { SealframeError } from "../shared/errors.js";
import { isBytes } from "../shared/brand.js";
import type { Bytes } from "../shared/types.js";
import type { CallDevice, Stay } from "../worker/call-device.js";
import { deviceId } from "../worker/core.js";
import { bundleOf, SIGNING, SUITES } from "../worker/device-keys.js";
import type { SignTask } from "../worker/host-task.js";
import { agree, agreementPair } from "../worker/public-keys.js";
import type { SigningKey } from "./device-file.js";

/** Bytes of a signature `r ‖ s`. */
const SIGNATURE_LEN = 64;

export class NodeDevice implements CallDevice {
  readonly bundle: Bytes;
  readonly id: string;
  readonly hybrid: boolean;
  readonly weakest: number;
  readonly #key: SigningKey;

  private constructor(key: SigningKey, postQuantum: boolean | "required") {
    const suite = postQuantum === false ? SUITES.p256 : SUITES.hybrid;
    this.#key = key;
    this.bundle = bundleOf(suite, key.publicKey);
    this.id = deviceId(this.bundle);
    this.hybrid = suite === SUITES.hybrid;
    this.weakest = postQuantum === "required" ? SUITES.hybrid : SUITES.p256;
  }

  /** Rejects as "bad-argument" unless the public key is a point that the private key belongs to. */
  static async of(key: SigningKey, postQuantum: boolean | "required"): Promise<NodeDevice> {
    if (!isBytes(key?.publicKey) || typeof key.sign !== "function")
      throw new SealframeError("bad-argument", "device");
    const bytes = crypto.getRandomValues(new Uint8Array(32));
    try {
      const device = new NodeDevice(key, postQuantum);
      const [signature] = await device.sign({ ticket: 0, bytes });
      const point = new Uint8Array(key.publicKey);
      const open = await crypto.subtle.importKey("raw", point, SIGNING, false, ["verify"]);
      if (await crypto.subtle.verify(SIGNING, open, signature, bytes)) return device;
    } catch {
      // Every error here means that the keys do not work.
    }
    throw new SealframeError("bad-argument", "device");
  }

  async sign({ bytes }: SignTask): Promise<[Bytes]> {
    const signature = new Uint8Array(await this.#key.sign(bytes));
    if (signature.length !== SIGNATURE_LEN) throw new SealframeError("bad-argument", "device");
    return [signature];
  }

  async stay(): Promise<Stay> {
    const { publicKey, privateKey } = await agreementPair();
    const point = new Uint8Array(await crypto.subtle.exportKey("raw", publicKey));
    return { point, agree: async ({ enc }) => [await agree(privateKey, enc)] };
  }

  /** Nothing remembers other devices here: the application has storage of its own. */
  async recordKnownDevices() {}
}
