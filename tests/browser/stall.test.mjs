// Storage that stalls beside a healthy call: nothing waits for it but what asks for it.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { usePage } from "./common.mjs";

/** Beyond every limit of the worker; in the sample its limits are a tenth. */
const STALL = process.env.SEALFRAME_LONG
  ? { milliseconds: 26_000, workerUrl: "/call/tap-worker.js?tap=near device" }
  : { milliseconds: 3_000, workerUrl: "/tests/pages/impatient-worker.js?tap=near device" };

for (const name of ["chromium", "firefox"]) {
  describe(name, () => {
    const { run, lines } = usePage(name, "stall.html");

    for (const way of ["upgrade", "transaction"]) {
      test(`storage stalls (${way}): media, keys and rosters go on, and nothing is lost`, { timeout: 120_000 }, async () => {
        const { during, told, after } = await run("stall", { way, ...STALL });
        assert.deepEqual(during, {
          ...{ first: { stated: "nothing", stalled: true }, asked: "store-failed", join: "nothing" },
          ...{ flows: true, before: ["nothing", "nothing"], removed: "unknown-key", keyed: "nothing" },
        });
        assert.deepEqual(told, ["error store-failed"]);
        assert.deepEqual(after, { changes: [{ name: "bob", added: ["third"] }], join: "nothing", events: [], keyed: "nothing" });
      });
    }

    test("nothing of this is written to the console", () => assert.deepEqual(lines(), []));
  });
}
