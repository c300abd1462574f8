// A worker dies and cannot be replaced: its file is gone, or its replacement does not answer.
import assert from "node:assert/strict";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { describe, test } from "node:test";
import { sleep } from "../../harness/sleep.js";
import { codes, eachBrowser, TOGETHER, usePage } from "./common.mjs";

describe("no worker", TOGETHER, () => {
  eachBrowser((name) => {
    const { run, lines } = usePage(name, "no-worker.html");

    test("a lost worker is restarted for half a minute with pauses, then the call fails", {
      timeout: 240_000,
    }, async (t) => {
      const names = ["comes back", "is gone", "says nothing"];
      const files = names.map(
        (one) => new URL(`../../target/test/${name} ${one}.js`, import.meta.url),
      );
      mkdirSync(new URL(".", files[0]), { recursive: true });
      const ship = (file) => writeFileSync(file, 'import "/dist/worker.js";');
      files.forEach(ship);
      try {
        await run(
          "begin elsewhere",
          names.map((one) => `/target/test/${name} ${one}.js`),
        );
        files.slice(0, 2).forEach((file) => rmSync(file));
        writeFileSync(files[2], "");
        const ended = run("end elsewhere");
        await sleep(3_000);
        ship(files[0]);
        const [back, gone, mute] = await ended;
        assert.deepEqual(
          [back.stats, ...codes(back.events, "restarted", "error")],
          ["done", "worker-restarted"],
        );
        t.diagnostic(`back after ${back.at} ms, given up after ${gone.at} and ${mute.at} ms`);
        assert.ok(back.at > 3_000 && back.workers < 16, JSON.stringify(back));
        for (const one of [gone, mute])
          assert.deepEqual(
            [one.stats, ...codes(one.events, "restarted", "error")],
            ["worker-failed", "worker-failed"],
          );
        for (const { at, workers } of [gone, mute])
          assert.ok(at > 25_000 && workers < 16, JSON.stringify([gone, mute]));
      } finally {
        files.forEach((file) => rmSync(file, { force: true }));
      }
    });

    test("nothing is written to the console", () => {
      // Firefox itself reports worker files that the test removed.
      assert.deepEqual(
        lines().filter((line) => !/Loading Worker from/.test(line)),
        [],
      );
    });
  });
});
