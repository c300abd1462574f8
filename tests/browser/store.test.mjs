// What a profile stores, encrypted, and what happens when its storage fails.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ask, eachBrowser, TOGETHER, usePage } from "./common.mjs";
const LONG = { timeout: 240_000 };

describe("what a profile stores", TOGETHER, () => {
  eachBrowser((name) => {
    const { run, open } = usePage(name, "store.html");

    test(
      "each kind of device has its suite and no private key that a script can read",
      LONG,
      async () => {
        const found = await run("kinds");
        const kind = (suite, length, algorithm) => ({
          suite,
          length,
          same: true,
          extractable: 0,
          algorithms: algorithm,
        });
        const keys = Object.fromEntries(
          Object.entries(found).map(([name, one]) => [
            name,
            { ...one, algorithms: one.algorithms.toSorted().join() },
          ]),
        );
        assert.deepEqual(keys, {
          default: kind(2, 67, "AES-GCM,ECDSA,HMAC"),
          classic: kind(1, 67, "AES-GCM,ECDSA,HMAC"),
          legacy: kind(3, 323, "AES-GCM,ECDSA,HMAC,RSA-OAEP"),
        });
      },
    );

    test("stored data contains nothing in plaintext, not even names", LONG, async () => {
      const { rows, arrays, found, agreement, control } = await run("store");
      assert.equal(rows, 3); // device, recovery file, persons
      assert.equal(arrays, 2, "the device's row has keys only");
      assert.deepEqual([found, agreement], [[], 0], "no key to agree with is stored");
      assert.ok(control);
    });

    test(
      "a damaged entry is an error or forgets known devices, and is never trusted",
      LONG,
      async () => {
        const { code, changes, same, hits, expected } = await run("damage");
        assert.deepEqual(hits, [1, 1]);
        assert.equal(code, "store-damaged");
        assert.ok(same);
        assert.deepEqual(changes, expected);
      },
    );

    test("a full disk raises an error event, and the roster still applies", LONG, async () => {
      assert.deepEqual(await run("full"), {
        ...{
          stated: "nothing",
          members: 0,
          later: "nothing",
          codes: ["nothing", "not-recoverable"],
        },
        ...{ errors: ["store-failed"], told: [true, true] },
      });
    });

    test(
      "on a disk that stays full keys arrive, and an error says that persons are not stored",
      LONG,
      async () => {
        assert.deepEqual(await run("full for good"), {
          passed: [true, true],
          codes: ["store-failed"],
        });
      },
    );

    test(
      "a database deleted in mid-call raises one error, and the call continues",
      LONG,
      async () => {
        const failed = "store-failed";
        assert.deepEqual(await run("lost"), {
          ...{
            noticed: [failed],
            stated: "nothing",
            passed: [true, true],
            code: failed,
            errors: [failed],
            late: [failed],
            kept: false,
          },
          ...{ written: 0, isNew: true },
        });
      },
    );

    test("isNew says whether a start made the device", LONG, async () => {
      assert.deepEqual(await run("is new"), {
        first: true,
        again: false,
        restored: false,
        "restored again": false,
        "of two": 1,
        none: false,
      });
    });

    test(
      "after a lost database a new worker makes no device, and the next start reports isNew",
      LONG,
      async () => {
        assert.deepEqual(await run("lost, and the worker"), {
          errors: ["store-failed", "worker-failed"],
          made: false,
          isNew: true,
        });
      },
    );

    test("storage that the browser clears raises one error", {
      ...LONG,
      skip: name === "firefox" && "nothing makes it clear storage",
    }, async () => {
      const page = await open("store.html");
      await ask(page, "to be evicted");
      const session = await page.createCDPSession();
      await session.send("Storage.clearDataForOrigin", {
        origin: new URL(page.url()).origin,
        storageTypes: "indexeddb",
      });
      assert.deepEqual(await ask(page, "evicted"), { errors: ["store-failed"], isNew: true });
      await page.close();
    });
  });
});
