// The progress events of Argon2id.
import assert from "node:assert/strict";

/** Fails unless each run starts low, only grows, and ends at 1. */
export function progresses(steps) {
  const fractions = steps.map(({ fraction }) => fraction);
  assert.ok(steps[0].fraction < 0.1 && steps[0].seconds > 0, JSON.stringify(steps));
  assert.equal(steps.at(-1).fraction, 1);
  const runs = fractions.filter((fraction) => fraction === 1).length;
  const falls = fractions.filter((fraction, i) => fraction < (fractions[i - 1] ?? 0)).length;
  assert.ok(runs >= 1 && falls === runs - 1, JSON.stringify(fractions));
}
