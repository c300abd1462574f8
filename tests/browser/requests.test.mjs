// Requests, rosters and calls while a worker is replaced.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { codes, eachBrowser, TOGETHER, usePage } from "./common.mjs";
describe("requests while a worker is replaced", TOGETHER, () => {
  eachBrowser((name) => {
    const { run, lines } = usePage(name, "requests.html");

    test("requests are repeated after a restart, except those with keys", async () => {
      const { pending, during, closed } = await run("pending requests");
      const expected = ["done", "done", "done", "done", "worker-restarted"];
      assert.deepEqual([pending, during, closed], [expected, expected, ["done"]]);
    });

    test("the next worker gets the newest roster that was not refused", async () => {
      const [bob, nobody] = [
        { members: 1, told: true, errors: 0 },
        { members: 0, told: false, errors: 0 },
      ];
      assert.deepEqual(await run("rosters"), {
        ...{
          "two at once": nobody,
          unanswered: nobody,
          refused: bob,
          "refused, and gone": nobody,
          "refused too late": bob,
          "a buffer used again": bob,
        },
      });
    });

    test("a call that the next worker cannot take over ends, and others continue at once", async () => {
      const { kept, order, lost, events, made, closed, again } = await run("one of two");
      const busy = "device-busy";
      assert.deepEqual(
        [codes(events.lost, "restarted", "error"), codes(events.kept, "restarted", "error")],
        [[busy], ["worker-restarted"]],
      );
      assert.deepEqual(lost, { waiting: "call-closed", stats: busy, sealed: busy });
      assert.deepEqual(
        { kept, order, closed, again, made },
        {
          order: ["kept", "lost"],
          kept: ["done", "done"],
          closed: ["done", "done", "done"],
          again: "done",
          made: 1,
        },
      );
    });

    test("close() does not wait for a dead worker and leaves no worker behind", async (t) => {
      const { codes, free, left, rest, hung, milliseconds, locks } = await run("closing");
      assert.deepEqual(
        { codes, left, rest, hung },
        {
          codes: ["done", "call-closed", "call-closed"],
          left: "done",
          rest: ["done", "done"],
          hung: "done",
        },
      );
      t.diagnostic(
        `the device was free after ${Math.round(free)} ms; a worker that hung was ended after ${Math.round(milliseconds)} ms`,
      );
      assert.equal(locks, 0);
    });

    test("nothing is written to the console", () => assert.deepEqual(lines(), []));
  });
});
