// Devices, and starts that fail.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { eachBrowser, TOGETHER, usePage } from "./common.mjs";
describe("devices", TOGETHER, () => {
  eachBrowser((name) => {
    const { run } = usePage(name, "device.html");

    test("a start that fails throws start-failed, and the next one can succeed", async () => {
      const results = await run("failed starts");
      assert.ok(
        Object.values(results).every((code) => code === "start-failed"),
        JSON.stringify(results),
      );
    });

    test("if the browser refuses locks, calls with keys work and devices are refused", async (t) => {
      const { device, milliseconds, early, events } = await run("lockless");
      assert.deepEqual(
        { device, early, events },
        { device: "store-failed", early: 0, events: ["worker-restarted"] },
      );
      t.diagnostic(`started in ${Math.round(milliseconds)} ms`);
    });

    test("a start accepts core.wasm with the right hash", async () =>
      assert.equal(await run("integrity"), "started"));

    test("a device keeps its id until it logs out", async () => {
      const { ids, hash, frozen, length, left } = await run("devices");
      const [first, again, other, fresh] = ids;
      assert.match(first, /^[0-9a-f]{32}$/);
      assert.equal(first, hash);
      assert.equal(again, first);
      assert.notEqual(other, first);
      assert.notEqual(fresh, first);
      assert.ok(frozen && length === 67);
      assert.ok(
        left.every((name) => !/one|two/.test(name)),
        left.join(),
      );
    });

    test("a member whose public key is not a point is refused with an error event", async () => {
      const { bogus, refused, served, others } = await run("bogus member");
      assert.deepEqual(refused, [bogus, "unusable-key"]);
      assert.ok(others.every((id) => served.includes(id)));
    });
  });
});
