// Counts of what passed a tap, for calls that last for hours: its memory does not grow with them.
import { sealedHeader } from "./sframe-header.js";
import { wasmBytes } from "./wasm-memory.js";

/** At most 8 keys of this device are used at a time. Older ones may seal nothing any more. */
const KEYS = 8;
/** At most 8,192 counters of a key are remembered. A lower counter counts as a repeated one. */
const COUNTERS = 8_192;

export class Tally {
  /** This device's keys by KID, the newest last. @type {Map<bigint, Counters>} */
  #keys = new Map();
  /** KIDs that were used before them. @type {Set<bigint>} */
  #ended = new Set();
  #counts = { sealed: 0, opened: 0, repeated: 0, unsealed: 0 };

  /** Questions of the page, by name. */
  questions = {
    tally: () => ({ ...this.#counts, keys: this.#keys.size + this.#ended.size, wasm: wasmBytes() }),
  };

  orders = {};

  /** @param {RTCRtpScriptTransformer} transformer */
  begin({ options: { direction } }) {
    const left =
      direction === "seal" ? (frame) => this.#sealed(frame) : () => this.#counts.opened++;
    return { arrived() {}, left, forged() {}, asked() {} };
  }

  #sealed(frame) {
    this.#counts.sealed++;
    const header = sealedHeader(frame.getMetadata().mimeType ?? "", new Uint8Array(frame.data));
    if (!header) this.#counts.unsealed++;
    else if (!this.#isNew(header)) this.#counts.repeated++;
  }

  /** Whether this device has not used the pair of key and counter. */
  #isNew({ kid, ctr }) {
    if (this.#ended.has(kid)) return false;
    if (!this.#keys.has(kid)) this.#keys.set(kid, new Counters());
    const isNew = this.#keys.get(kid).add(ctr);
    if (this.#keys.size > KEYS) this.#end(this.#keys.keys().next().value);
    return isNew;
  }

  #end(kid) {
    this.#keys.delete(kid);
    this.#ended.add(kid);
  }
}

/** The counters that one key was used with. */
class Counters {
  #last = new Set();
  #forgotten = -1n;

  /** @param {bigint} ctr @returns whether it is new */
  add(ctr) {
    if (ctr <= this.#forgotten || this.#last.has(ctr)) return false;
    this.#last.add(ctr);
    if (this.#last.size > COUNTERS) this.#forget(this.#last.values().next().value);
    return true;
  }

  #forget(ctr) {
    this.#last.delete(ctr);
    if (ctr > this.#forgotten) this.#forgotten = ctr;
  }
}
