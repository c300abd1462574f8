// Rosters: whose devices are members, and what the page learns of them.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { eachBrowser, TOGETHER, usePage } from "./common.mjs";
const LONG = { timeout: 240_000 };

describe("rosters", TOGETHER, () => {
  eachBrowser((name) => {
    const { run } = usePage(name, "roster.html");

    test(
      "after 15 s frames of a member that keeps a removed device do not open, and an event names both",
      LONG,
      async () => {
        const { told, expected, ...found } = await run("rosters differ");
        assert.deepEqual(found, {
          met: true,
          before: true,
          code: "untrusted-key",
          keyed: [false],
          other: true,
          after: true,
        });
        assert.deepEqual(told, expected);
      },
    );

    test(
      "keys-changed reports a device that was never seen or was forgotten once, and no known device",
      LONG,
      async () => {
        const { both, quiet, cut, kept, known, changes, members, ids } = await run("persons");
        assert.deepEqual(
          { both, quiet, cut, kept, known },
          { both: [true, true], quiet: 0, cut: true, kept: true, known: 0 },
        );
        assert.deepEqual(changes, [
          { name: "alice", added: [ids.laptop] },
          { name: "alice", added: [ids.bob] },
        ]);
        assert.deepEqual(members.map(({ id }) => id).sort(), [ids.phone, ids.laptop].sort());
        for (const { kem, legacy } of members)
          assert.deepEqual({ kem, legacy }, { kem: "mlkem768-p256", legacy: false });
      },
    );

    test(
      "a roster with a refused entry adds nobody, removes devices that it omits, and reports the index",
      LONG,
      async () => {
        const { found, events } = await run("refused");
        const bad = (index, ...there) => ({ code: "bad-bundle", index, there });
        assert.deepEqual(found, {
          swapped: bad(1, "alice"),
          derived: bad(2, "alice"),
          "beside a removal": { ...bad(1), code: "unsupported-version" },
          good: { code: "none", index: -1, there: ["alice"] },
        });
        assert.deepEqual(events, ["post-quantum"], "the first roster's");
      },
    );

    test(
      "an event names the devices that make a call classic, and postQuantum: 'required' refuses them",
      LONG,
      async () => {
        assert.deepEqual(await run("post-quantum"), {
          refused: { code: "classic-device", index: 0 },
          told: [{ hybrid: false, classic: ["classic"] }],
          figures: [
            { hybrid: true, classic: [] },
            { hybrid: false, classic: ["classic"] },
          ],
          start: "classic-device",
          both: "bad-argument",
        });
      },
    );

    test("a roster of 200 can be set again and again", LONG, async (t) => {
      const { members, shortest } = await run("crowd");
      assert.equal(members, 200);
      t.diagnostic(`${Math.round(shortest)} ms to state it again`);
    });

    test(
      "an RSA device is refused unless it is allowed, and is marked as legacy",
      LONG,
      async () => {
        const { refused, passed, members } = await run("legacy");
        assert.equal(refused, "legacy-device");
        assert.deepEqual(passed, [true, true]);
        const [{ kem, legacy, keyed, acknowledged }] = members;
        assert.deepEqual(
          { kem, legacy, keyed, acknowledged },
          { kem: "rsa", legacy: true, keyed: true, acknowledged: true },
        );
      },
    );

    test(
      "both sides compute the same safety number, and another pair another number",
      LONG,
      async () => {
        const { numbers, codes } = await run("safety");
        const [one, two, other] = numbers;
        assert.match(one, /^\d{5}( \d{5}){11}$/);
        assert.equal(one, two);
        assert.notEqual(one, other);
        assert.deepEqual(codes, ["unsupported-version", "bad-argument", "bad-bundle"]);
      },
    );
  });
});
