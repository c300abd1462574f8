/**
 * Makes a worker for each question to Argon2. The page makes it, because of a hundred workers that
 * a worker of Firefox (153) makes itself, one never begins, and its maker hangs.
 */
import { BUILD } from "../../target/glue/build.js";
import { causeIn, codeOf, SealframeError } from "../shared/errors.js";
import { ARGON2_WORKER } from "../shared/messages.js";
import { within } from "../shared/time-limit.js";
import type { Argon2Request } from "../shared/wire.js";
import type { MakeWorker } from "./load.js";
import type { WorkerEnd } from "./start-failure.js";

export class Argon2Workers {
  readonly #url: string;
  readonly #make: MakeWorker;
  /** By question. */
  readonly #workers = new Map<number, Worker>();

  /** `make` makes a worker of the file at `url`. */
  constructor(url: string, make: MakeWorker) {
    this.#url = url;
    this.#make = make;
  }

  /** Makes a worker for a question that comes with a port. Without a port the question is over. */
  serve({ question, port }: Argon2Request, limitMs: number) {
    this.#workers.get(question)?.terminate();
    this.#workers.delete(question);
    if (!port) return;
    const worker = this.#make(ARGON2_WORKER);
    this.#workers.set(question, worker);
    within(this.#ready(worker), limitMs, this.#failure({ reason: "time-out" })).then(
      () => worker.postMessage({ port }, [port]),
      (error) => port.postMessage({ error: codeOf(error), cause: causeIn(error) }),
    );
  }

  end() {
    for (const worker of this.#workers.values()) worker.terminate();
    this.#workers.clear();
  }

  /** A worker reports that it is ready. A message to it before that may be lost. */
  #ready(worker: Worker): Promise<void> {
    return new Promise((ready, failed) => {
      worker.onmessage = ({ data: { build } }) =>
        build === BUILD ? ready() : failed(this.#failure(otherBuild(build)));
      worker.onerror = (event) => (event.preventDefault(), failed(this.#failure(endOf(event))));
    });
  }

  #failure(end: WorkerEnd) {
    return new SealframeError("start-failed", { ...end, url: this.#url });
  }
}

/** A script that threw has a message; a file that did not run has none. */
export function endOf({ message }: ErrorEvent): WorkerEnd {
  return { reason: message ? "script-error" : "not-run" };
}

export function otherBuild(found = "unknown"): WorkerEnd {
  return { reason: "other-build", builds: { expected: BUILD, found } };
}
