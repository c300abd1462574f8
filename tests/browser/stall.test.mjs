// Storage that stalls during a healthy call delays only requests that need it.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { eachBrowser, TOGETHER, usePage } from "./common.mjs";

/** Seconds that exceed every limit of the worker. In the short test its limits are a tenth. */
const STALL = process.env.SEALFRAME_LONG
  ? { milliseconds: 26_000, workerUrl: "/harness/page/tap-worker.js?tap=near device" }
  : { milliseconds: 3_000, workerUrl: "/tests/pages/impatient-worker.js?tap=near device" };

describe("stalled storage", TOGETHER, () => {
  eachBrowser((name) => {
    const { run, lines } = usePage(name, "stall.html");

    for (const way of ["upgrade", "transaction"]) {
      test(`media, keys and rosters continue while storage stalls (${way}), and nothing is lost`, {
        timeout: 120_000,
      }, async () => {
        const { during, told, after } = await run("stall", { way, ...STALL });
        assert.deepEqual(during, {
          ...{
            first: { stated: "nothing", stalled: true },
            asked: "store-failed",
            join: "nothing",
          },
          ...{
            flows: true,
            before: ["nothing", "nothing"],
            removed: "unknown-key",
            keyed: "nothing",
          },
        });
        assert.deepEqual(told, ["error store-failed"]);
        assert.deepEqual(after, {
          changes: [{ name: "bob", added: ["third"] }],
          join: "nothing",
          events: [],
          keyed: "nothing",
        });
      });
    }

    test("nothing is written to the console", () => assert.deepEqual(lines(), []));
  });
});
