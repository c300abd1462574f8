// What a long call must not do.
import { median } from "../../bench/web/stats.js";

/** Codes of refused frames that the events of such a call explain. */
const EXPLAINED = [
  "duplicate", // browsers deliver some frames twice
  "no-key", // the member has just come
  "too-old", // it was late, or sealed before the member got the key
  "unknown-key", // a member has just come, or the key message is later than the frame
  "unknown-payload-type", // the page has just negotiated
  "untrusted-key", // a device has just been removed
];
/** Codes that need no event: the network is the cause. */
const ALWAYS = ["duplicate", "too-old"];
/** Events that may come. `state` has a code while a member comes. */
const EVENTS = /^(epoch|state( (no-key|unknown-key|unknown-payload-type|untrusted-key|too-old))?)$/;

/** Samples that are enough to tell growth from noise: a quarter of them has three. */
const ENOUGH = 12;
/** The growth from the second quarter of a call to its last that is still noise. */
const NOISE = {
  wasm: { share: 1, bytes: 0 },
  worker: { share: 1.1, bytes: 2 ** 20 },
  page: { share: 1.1, bytes: 2 ** 20 },
  browser: { share: 1.25, bytes: 2 ** 25 },
};

/**
 * Bytes of one member at one time, as `sample()` measures them.
 * @typedef {{ name: string, wasm: number, worker?: number, page?: number, browser: number }} Sample
 */

/**
 * Memory that keeps growing: each quarter of a call but the first, in which caches fill, needs more
 * than the one before, and the last much more.
 * @param {Sample[]} samples
 */
export function growing(samples) {
  const names = [...new Set(samples.map(({ name }) => name))];
  return names.flatMap((name) =>
    Object.keys(NOISE).flatMap((what) => {
      const mine = samples.filter((one) => one.name === name && one[what] !== undefined);
      const grown = growth(
        mine.map((one) => one[what]),
        NOISE[what],
      );
      return grown ? [`${what} of ${name} grew from ${grown.from} to ${grown.to} bytes`] : [];
    }),
  );
}

/** Refused frames and events without a known cause. */
export function strange(refused, events) {
  return [
    ...Object.entries(refused).filter(([code]) => !EXPLAINED.includes(code)),
    ...Object.entries(events).filter(([name]) => !EVENTS.test(name)),
  ].map(([what, count]) => `${what}: ${count}`);
}

/** Frames that were refused although nothing happened. @param {string[]} calm */
export function unrest(minute, calm) {
  const odd = calm.filter((name) => !ALWAYS.some((code) => name.startsWith(`${code} `)));
  return odd.map((name) => `minute ${minute}: refused although nothing happened: ${name}`);
}

function growth(values, { share, bytes }) {
  if (values.length < ENOUGH) return undefined;
  const quarter = Math.floor(values.length / 4);
  const [second, third, last] = [1, 2, 3].map((at) =>
    median(values.slice(at * quarter, at === 3 ? undefined : (at + 1) * quarter)),
  );
  const grows = second < third && third < last && last > second * share + bytes;
  return grows ? { from: second, to: last } : undefined;
}
