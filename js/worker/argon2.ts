/**
 * Argon2id runs in a second worker that lives for one question. So no frame waits for it, and its
 * memory is freed with it. This module has both ends: the worker that asks, and the one that
 * answers. Both run the same file, and a worker knows by its name which end it is. The page makes
 * the second worker and gives each end a port.
 */
import { BUILD } from "../../target/glue/build.js";
import init, * as glue from "../../target/glue/argon2.js";
import { causeIn, codeOf, SealframeError } from "../shared/errors.js";
import type { ErrorCode } from "../shared/codes.js";
import type { Bytes, Cause, Progress } from "../shared/types.js";
import type { Argon2Request } from "../shared/wire.js";
import { fetchModule } from "./wasm-module.js";

/** Functions of the module, with their arguments. */
interface Verbs {
  /** Makes a recovery file of a password, a payload and 16 random bytes of salt. */
  seal: [password: string, payload: Bytes, salt: Bytes];
  /** Returns the payload of a recovery file. */
  open: [password: string, file: Bytes];
  /** Derives the key of a call, 32 bytes, from the passphrase and the call's id. */
  call_key: [passphrase: string, callId: string];
}

/** The message of the asking end. */
interface Question {
  url: string;
  integrity: string | undefined;
  verb: keyof Verbs;
  args: (string | Bytes)[];
}

/** A message of the answering end: first an estimate in seconds, then a value or an error. */
interface Message {
  seconds?: number;
  value?: Bytes | undefined;
  error?: ErrorCode;
  cause?: Cause | undefined;
}

interface Setup {
  /** The module. */
  url: string;
  integrity: string | undefined;
  progress(progress: Progress): void;
}

/** Milliseconds between two reports of progress. */
const PROGRESS_MS = 100;
/**
 * At most this many milliseconds may pass without a message of the other end. `start` includes a
 * download. `work` is for the computation, which may also take ten times its estimate, if that is
 * longer.
 */
const SILENCE_MS = { start: 90_000, work: 120_000 };

let setup: Setup;
let questions = 0;

/** Sets the module's address, and the function that gets reports of progress. */
export function setUp(where: Setup) {
  setup = where;
}

/** Runs a function of the module and returns its result. Wipes the arguments. */
export async function argon2<V extends keyof Verbs>(verb: V, ...args: Verbs[V]): Promise<Bytes> {
  const { port1: port, port2 } = new MessageChannel();
  const question = ++questions;
  post({ type: "argon2", question, port: port2 }, [port2]);
  const asking = new Asking(port, setup);
  try {
    return await asking.answer(verb, args);
  } finally {
    post({ type: "argon2", question });
    asking.end();
  }
}

function post(message: Argon2Request, transfer: Transferable[] = []) {
  self.postMessage(message, transfer);
}

/** A question, and the timers that wait for its answer. */
class Asking {
  readonly #port: MessagePort;
  readonly #setup: Setup;
  #late = 0;
  /** Reports progress. */
  #ticker = 0;

  constructor(port: MessagePort, setup: Setup) {
    this.#port = port;
    this.#setup = setup;
  }

  answer(verb: keyof Verbs, args: (string | Bytes)[]): Promise<Bytes> {
    const { url, integrity } = this.#setup;
    const secrets = args.flatMap((arg) => (arg instanceof Uint8Array ? [arg.buffer] : []));
    return new Promise((resolve, reject) => {
      const late = () => reject(new SealframeError("start-failed", { reason: "time-out", url }));
      this.#wait(SILENCE_MS.start, late);
      this.#port.onmessage = ({ data }: MessageEvent<Message>) => {
        const { seconds, value, error, cause } = data;
        if (seconds !== undefined) {
          this.#report(seconds);
          this.#wait(Math.max(SILENCE_MS.work, seconds * 10_000), late);
        } else if (value) resolve(value);
        else reject(new SealframeError(error as ErrorCode, cause));
      };
      this.#port.postMessage({ url, integrity, verb, args } satisfies Question, secrets);
    });
  }

  end() {
    clearInterval(this.#ticker);
    clearTimeout(this.#late);
    if (this.#ticker) this.#setup.progress({ fraction: 1, seconds: 0 });
  }

  #wait(milliseconds: number, late: () => void) {
    clearTimeout(this.#late);
    this.#late = setTimeout(late, milliseconds);
  }

  /**
   * Reports progress by the clock. The other end cannot report while it computes, but it has
   * estimated the time from a part of the work.
   */
  #report(seconds: number) {
    const began = performance.now();
    const report = () => {
      const passed = (performance.now() - began) / 1000;
      const fraction = Math.min(passed / seconds, 0.99);
      this.#setup.progress({ fraction, seconds: Math.max(seconds - passed, 0) });
    };
    report();
    this.#ticker = setInterval(report, PROGRESS_MS);
  }
}

/** Starts the answering end. The page sends it a port, and the question comes over that port. */
export function listen() {
  self.onmessage = ({ data: { port } }: MessageEvent<{ port: MessagePort }>) => {
    port.onmessage = ({ data }: MessageEvent<Question>) => void serve(data, port);
  };
  self.postMessage({ build: BUILD });
}

/** Answers one question. Wipes the arguments and the module's memory before the answer leaves. */
async function serve(question: Question, port: MessagePort) {
  const answer = await compute(question, port).catch(
    (error): Message => ({
      // The module throws its codes as text.
      error: typeof error === "string" ? (error as ErrorCode) : codeOf(error, "start-failed"),
      cause: causeIn(error),
    }),
  );
  for (const arg of question.args) if (arg instanceof Uint8Array) arg.fill(0);
  port.postMessage(answer, answer.value ? [answer.value.buffer] : []);
}

async function compute({ url, integrity, verb, args }: Question, port: MessagePort) {
  const { memory } = await init({ module_or_path: await fetchModule(url, integrity) });
  try {
    const began = performance.now();
    const units = glue.measure(verb === "open" ? (args[1] as Bytes) : undefined);
    const seconds = (units * (performance.now() - began)) / 1000;
    port.postMessage({ seconds } satisfies Message);
    const call = glue[verb] as (...args: (string | Bytes)[]) => Bytes;
    return { value: call(...args) } satisfies Message;
  } finally {
    new Uint8Array(memory.buffer).fill(0);
  }
}
