/** Web Locks, which the pages of one browser profile share. */
import { SealframeError } from "../shared/errors.js";

/**
 * Takes a lock, and returns a function that releases it. If the signal in `options` times out, this
 * rejects as "device-busy".
 */
export function acquireLock(name: string, options: LockOptions): Promise<() => void> {
  return new Promise((resolve, reject) => {
    const hold = () => new Promise<void>((release) => resolve(() => release()));
    navigator.locks
      .request(name, options, hold)
      .catch((error) =>
        reject(error.name === "TimeoutError" ? new SealframeError("device-busy") : error),
      );
  });
}
