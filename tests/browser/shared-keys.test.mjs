// Keys of the application and passphrases, and data that is sealed with them.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { eachBrowser, TOGETHER, usePage } from "./common.mjs";
import { progresses } from "./progress.mjs";
const LONG = { timeout: 240_000 };

describe("shared keys", TOGETHER, () => {
  eachBrowser((name) => {
    const { run } = usePage(name, "shared-keys.html");

    test(
      "a data message opens once, unchanged, and only with the right sender and recipient",
      LONG,
      async () => {
        const { opened, codes } = await run("data");
        assert.equal(opened, "to all");
        assert.deepEqual(codes, {
          replayed: "duplicate",
          altered: "authentication-failed",
          "another sender": "authentication-failed",
          "not for us": "authentication-failed",
          "for us": "nothing",
          empty: "nothing",
          "as long as can be": "nothing",
          "too long": "bad-argument",
          "no bytes": "bad-argument",
          "no sender": "bad-argument",
        });
      },
    );

    for (const source of ["application", "passphrase"]) {
      test(
        `frames open although another member seals under the same KID (${source})`,
        LONG,
        async () => {
          const { codes, opened, shown, dropped } = await run("taken KID", {
            source,
            count: 3_000,
          });
          assert.deepEqual(codes, ["nothing", "nothing", "authentication-failed"]);
          assert.deepEqual(opened, [3_000, 3_000]);
          assert.ok(shown, JSON.stringify(dropped));
        },
      );
    }

    test(
      "media and data pass between members that know the passphrase, and to no other",
      LONG,
      async () => {
        const { shown, data, other, last, codes, progress } = await run("passphrase");
        assert.ok(shown && data);
        assert.equal(other.shown, false);
        assert.deepEqual(Object.keys(other.dropped), ["unknown-key"], JSON.stringify(other));
        assert.deepEqual(
          last,
          [true, false, true, false, true, false],
          "what was said last counts",
        );
        assert.deepEqual(codes, ["bad-argument", "bad-argument", "bad-argument"]);
        progresses(progress);
      },
    );
  });
});
