// Each sender and receiver has a stream of its own, even if it shares a label with others.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { start as startJanus } from "../../harness/sfu/janus.mjs";
import { usePage } from "./common.mjs";

let janus;
before(async () => (janus = await startJanus()));
after(() => janus?.close());

for (const name of ["chromium", "firefox"]) {
  describe(name, () => {
    const { run, lines } = usePage(name, "streams.html", () => ({ connect: [janus.url] }));

    test("a feed that Janus forwards twice plays on both receivers and on a later third", async (t) => {
      const { pictures, share, opened, after } = await run("one feed twice", janus.url);
      t.diagnostic(
        `${pictures} pictures a second, ${share.map((one) => `${Math.round(one * 100)} %`)} of the sound concealed`,
      );
      assert.equal(opened.length, 4);
      assert.ok(
        opened.every(({ state, frames }) => state === "sealed" && frames > 20),
        JSON.stringify(opened),
      );
      // With one replay window for both, one of the two would show a picture only now and then.
      const [least, most] = [Math.min(...pictures), Math.max(...pictures)];
      assert.ok(least > 0 && least * 3 > most, `${pictures} pictures a second`);
      assert.ok(
        after.every((count) => count > 5),
        `${after} pictures after one was closed`,
      );
    });

    test("a mesh under one label: when the connection sealed last closes, the other still makes key frames", async () => {
      const { both, joined, goesOn, gone } = await run("mesh");
      assert.equal(both, 2);
      assert.ok(joined >= 1, `${joined} key frames for the newcomer`);
      assert.ok(goesOn > 10, `${goesOn} frames`);
      assert.ok(gone >= 1);
    });

    test("a state event names its sender or receiver, though others have the same labels", async () => {
      const { counts, strange } = await run("whose state");
      assert.equal(counts.length, 8);
      assert.ok(counts.every(Boolean), `${counts} events`);
      assert.equal(strange, 0);
    });

    test("two tracks without a label are refused, and so is a ninth receiver of a track", async () => {
      const { errors, tracks } = await run("refusals");
      const seals = ["", "", "bad-argument", "", "", ""];
      assert.deepEqual(errors.slice(0, 6), seals);
      assert.deepEqual(tracks, [null]);
      assert.deepEqual(errors.slice(6), [
        ...Array(8).fill(""),
        "too-many-receivers",
        "too-many-receivers",
        "",
      ]);
    });

    test("nothing is written to the console", () => assert.deepEqual(lines(), []));
  });
}
