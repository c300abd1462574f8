/** The state of a stream, which the page hears of at most twice a second. */
import type { FaultCode, StreamCode } from "../shared/codes.js";
import type { State } from "../shared/types.js";

/** Codes that say nothing about a stream: browsers deliver some frames twice. */
const HARMLESS = new Set<StreamCode>(["duplicate", "too-old"]);
/** After this many harmless codes in a row, nothing else arrives: the stream fails. */
const MAX_DUPLICATES = 100;
/** A sealed stream changes its state after this many refused frames: a forged one changes none. */
const REFUSED_FRAMES = 5;
/**
 * Frames under an unknown key change a sealed stream's state after this many milliseconds. LiveKit
 * makes up a second of silence when a sender mutes, and a short blank video when it stops.
 */
const MADE_UP_MS = 2000;
/** At least this many milliseconds are between two reports. */
const REPORT_MS = 500;
const KEYLESS = new Set<StreamCode>(["no-key", "unknown-key", "untrusted-key", "core-restarted"]);

export class StreamState {
  /** Whether frames were dropped, perhaps without a key. Then a new key needs a key frame. */
  missedFrames = false;
  readonly #report: (state: State, code: StreamCode | "") => void;
  readonly #now: () => number;
  #state: State | "" = "";
  #code: StreamCode | "" = "";
  /** A fault that the page found, which frames do not show. */
  #fault: FaultCode | "" = "";
  #refused = 0;
  /** The time of the first refused frame after a frame that opened. */
  #refusedSince = 0;
  #duplicates = 0;
  /** State and code of the last report, as one text. */
  #lastReported = "";
  #timer = 0;

  /** `now` returns milliseconds. */
  constructor(report: (state: State, code: StreamCode | "") => void, now: () => number) {
    this.#report = report;
    this.#now = now;
  }

  get state(): State | "" {
    return this.#fault ? "failing" : this.#state;
  }

  get code(): StreamCode | "" {
    return this.#fault || this.#code;
  }

  /** A frame was sealed or opened. */
  accept() {
    this.#refused = this.#duplicates = 0;
    if (this.#state !== "sealed") this.become("sealed", "");
  }

  /** A frame was dropped. */
  drop(code: StreamCode) {
    if (HARMLESS.has(code)) return this.#countDuplicate();
    this.missedFrames = true;
    if (this.#state === "sealed" && this.#withstands(code)) return;
    const state = stateOf(code);
    // The first code stays: "core-restarted" says more than the "no-key" that follows it.
    if (this.#state !== state) this.become(state, code);
  }

  /** Makes the stream fail with this code, whatever happens to frames, until the code is empty. */
  setFault(code: FaultCode | "") {
    this.#fault = code;
    this.#schedule();
  }

  become(state: State, code: StreamCode | "") {
    this.#state = state;
    this.#code = code;
    this.#schedule();
  }

  /** Whether a sealed stream stays sealed after this refused frame. */
  #withstands(code: StreamCode): boolean {
    if (this.#refused++ === 0) this.#refusedSince = this.#now();
    if (this.#refused < REFUSED_FRAMES) return true;
    return code === "unknown-key" && this.#now() - this.#refusedSince < MADE_UP_MS;
  }

  #countDuplicate() {
    if (++this.#duplicates === MAX_DUPLICATES) this.become("failing", "only-duplicates");
  }

  #schedule() {
    this.#timer ||= setTimeout(() => this.#send(), this.#lastReported ? REPORT_MS : 0);
  }

  #send() {
    this.#timer = 0;
    const { state, code } = this;
    if (state && this.#lastReported !== state + code) this.#report(state, code);
    this.#lastReported = state + code;
  }
}

function stateOf(code: StreamCode): State {
  if (code === "not-sealed") return code;
  return KEYLESS.has(code) ? "waiting-for-key" : "failing";
}
