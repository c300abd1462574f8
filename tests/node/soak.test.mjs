// The verdicts of `npm run soak`. The call itself runs in `npm run test:long`.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { memoryChart } from "../../call/soak/chart.mjs";
import { growing, strange, unrest } from "../../call/soak/judge.mjs";
import { Tally } from "../../harness/page/tap-tally.js";

const MIB = 2 ** 20;
const HOUR = Array.from({ length: 60 }, (_, at) => at + 1);

/** Samples of one member in each minute. @param {(minute: number) => number} bytes */
const samples = (what, bytes, minutes = HOUR) =>
  minutes.map((minute) => ({ minute, name: "a", [what]: bytes(minute) }));

describe("memory of a long call", () => {
  test("memory that is steady except for noise does not count as growing", () => {
    const noisy = (minute) => 8 * MIB + (minute % 7) * 300_000;
    assert.deepEqual(growing(samples("worker", noisy)), []);
  });

  test("caches that fill in the first quarter do not count as growing", () => {
    const filling = (minute) => Math.min(minute, 15) * MIB;
    assert.deepEqual(growing(samples("worker", filling)), []);
  });

  test("a heap that leaks 100 kB a minute counts as growing", () => {
    const [told, ...more] = growing(samples("page", (minute) => 8 * MIB + minute * 100_000));
    assert.match(told, /^page of a grew from \d+ to \d+ bytes$/);
    assert.deepEqual(more, []);
  });

  test("one more page of WebAssembly in each quarter of an hour counts as growing", () => {
    const pages = (minute) => 2 * MIB + Math.floor(minute / 15) * 65_536;
    assert.equal(growing(samples("wasm", pages)).length, 1);
  });

  test("a call of a few minutes is too short to tell", () => {
    assert.deepEqual(growing(samples("wasm", (minute) => minute * MIB, [1, 2, 3])), []);
  });

  test("the chart has a panel for each memory that was measured", () => {
    const svg = memoryChart(samples("wasm", () => MIB));
    assert.match(svg, /WebAssembly in the worker/);
    assert.doesNotMatch(svg, /heap of the page/);
  });
});

describe("refused frames of a long call", () => {
  test("a code that no event of the call explains is reported", () => {
    const refused = { duplicate: 3, "unknown-key": 20, "authentication-failed": 1 };
    assert.deepEqual(strange(refused, {}), ["authentication-failed: 1"]);
  });

  test("an error event is reported, and a state while a member comes is not", () => {
    const events = { state: 4, "state unknown-key": 1, "leak-stopped": 1, "error bad-message": 2 };
    assert.deepEqual(strange({}, events), ["leak-stopped: 1", "error bad-message: 2"]);
  });

  test("in calm only late and repeated frames may be refused", () => {
    const calm = ["duplicate at a, open video of b", "unknown-key at a, open video of b"];
    assert.deepEqual(unrest(7, calm), [
      "minute 7: refused although nothing happened: unknown-key at a, open video of b",
    ]);
  });
});

describe("counters of a long call", () => {
  const frame = (kid, ctr) => ({
    data: Uint8Array.of(0xf0 | ctr, ...Array(7).fill(9), kid, ...Array(20).fill(1)).buffer,
    getMetadata: () => ({ mimeType: "audio/opus" }),
  });

  /** What a tally counts of frames that were sealed under these keys and counters. */
  function tallyOf(...frames) {
    const tally = new Tally();
    const stream = tally.begin({ options: { direction: "seal" } });
    for (const [kid, ctr] of frames) stream.left(frame(kid, ctr));
    return tally.questions.tally();
  }

  test("a counter that is used again under its key is counted, whatever came between", () => {
    const { sealed, repeated, unsealed } = tallyOf([1, 0], [1, 1], [2, 0], [2, 1], [1, 0]);
    assert.deepEqual({ sealed, repeated, unsealed }, { sealed: 5, repeated: 1, unsealed: 0 });
  });

  test("a frame under a key that eight others have followed counts as repeated", () => {
    const nine = Array.from({ length: 9 }, (_, kid) => [kid, 0]);
    assert.equal(tallyOf(...nine).repeated, 0);
    assert.equal(tallyOf(...nine, [0, 1]).repeated, 1);
  });

  test("a frame without an SFrame header is counted", () => {
    const tally = new Tally();
    const plain = { data: new ArrayBuffer(3), getMetadata: () => ({ mimeType: "audio/opus" }) };
    tally.begin({ options: { direction: "seal" } }).left(plain);
    assert.equal(tally.questions.tally().unsealed, 1);
  });
});
