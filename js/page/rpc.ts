/**
 * Requests to the worker, and their replies. After the worker died, requests wait here until the
 * next worker knows their call. A request that the next worker must not get is rejected as
 * "worker-restarted", because the keys in it are gone, or it depends on keys that are gone.
 */
import type { ErrorCode } from "../shared/codes.js";
import { SealframeError } from "../shared/errors.js";
import { isRepeatable, memory, outgoing } from "../shared/messages.js";
import type { Answer, Fields, Reply, RequestType } from "../shared/wire.js";

interface Request {
  fields: { call?: number };
  /** Whether the request may be sent again, to another worker. */
  repeatable: boolean;
  settle(reply: Omit<Reply, "type" | "id">): void;
}

/** Sends a message to the present worker. */
type Send = (message: object, transfer: ArrayBuffer[]) => void;

export class Rpc {
  /** Why nothing more is sent; empty while requests are accepted. */
  broken: ErrorCode | "" = "";
  readonly #post: Send;
  #up = false;
  /** Numbers of calls that the worker does not know yet. */
  #unknown = new Set<number>();
  #count = 0;
  readonly #pending = new Map<number, Request>();
  readonly #waiting: Request[] = [];

  constructor(post: Send) {
    this.#post = post;
  }

  /** Whether a worker is up. */
  get up() {
    return this.#up;
  }

  /** Whether a worker is up and knows all calls. */
  get ready() {
    return this.#up && this.#unknown.size === 0;
  }

  /**
   * Sends a request once the worker knows its call. Throws at once if an argument is wrong; then
   * nothing has changed. `keep` is called with what is sent.
   */
  ask<T extends RequestType>(
    type: T,
    fields: Fields<T>,
    keep?: (sent: Fields<T>) => void,
  ): Promise<Answer<T>> {
    const message = outgoing({ ...fields, type });
    if (this.broken) throw new SealframeError(this.broken);
    keep?.(message as Fields<T>);
    return new Promise((resolve, reject) => {
      const settle = settler(resolve, reject);
      this.#dispatch({ fields: message, repeatable: isRepeatable(type), settle });
    });
  }

  /** Sends a request to the present worker, which may not be ready for others yet. */
  askNow<T extends RequestType>(type: T, fields: Fields<T>): Promise<Answer<T>> {
    const message = outgoing({ ...fields, type });
    return new Promise((resolve, reject) => {
      this.#send({ fields: message, repeatable: false, settle: settler(resolve, reject) });
    });
  }

  /** Takes the worker's answer to a request. */
  settle(reply: Reply) {
    const request = this.#pending.get(reply.id);
    this.#pending.delete(reply.id);
    request?.settle(reply);
  }

  /** A worker is up. It does not know these calls yet. */
  open(unknown: number[]) {
    this.#up = true;
    this.#unknown = new Set(unknown);
    this.#flush();
  }

  /** The worker knows this call now. */
  know(call: number) {
    this.#unknown.delete(call);
    this.#flush();
  }

  /** The worker died, and another will follow. */
  suspend() {
    this.#up = false;
    for (const request of this.#takePending()) this.#keep(request);
  }

  /**
   * No worker will follow: rejects every request, now and later. If this is called again, the first
   * code stays.
   */
  end(code: ErrorCode) {
    this.broken ||= code;
    this.#up = false;
    for (const { settle } of [...this.#takePending(), ...this.#waiting.splice(0)])
      settle({ error: this.broken });
  }

  #dispatch(request: Request) {
    const { call } = request.fields;
    if (this.#up && !(call !== undefined && this.#unknown.has(call))) this.#send(request);
    else this.#keep(request);
  }

  #send(request: Request) {
    const id = ++this.#count;
    const { fields, repeatable, settle } = request;
    try {
      // The page keeps the bytes of a request that it may send again. It keeps no copy of a key.
      this.#post({ ...fields, id }, repeatable ? [] : memory(fields));
    } catch {
      return settle({ error: "bad-argument" }); // an argument that cannot be copied
    }
    this.#pending.set(id, request);
  }

  #keep(request: Request) {
    if (request.repeatable) this.#waiting.push(request);
    else request.settle({ error: "worker-restarted" });
  }

  #flush() {
    for (const request of this.#waiting.splice(0)) this.#dispatch(request);
  }

  #takePending(): Request[] {
    const all = [...this.#pending.values()];
    this.#pending.clear();
    return all;
  }
}

function settler<T>(resolve: (value: T) => void, reject: (error: Error) => void) {
  return ({ value, error, cause }: Omit<Reply, "type" | "id">) =>
    error ? reject(new SealframeError(error, cause)) : resolve(value as T);
}
