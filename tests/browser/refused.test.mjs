// A refused sender or receiver passes no media, even if the page ignores the exception, until a
// later seal() or open() succeeds.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { eachBrowser, TOGETHER, usePage } from "./common.mjs";

const CODES = {
  "bad argument": "bad-argument",
  "closed call": "call-closed",
  "ended worker": "call-closed",
};

describe("refused", TOGETHER, () => {
  eachBrowser((name) => {
    const { run, lines } = usePage(name, "refused.html");
    // Firefox accepts a transform at any time, so nothing is too late.
    const paths = name === "firefox" ? ["transforms"] : ["transforms", "streams"];
    const refused = paths.flatMap((path) => Object.keys(CODES).map((reason) => ({ path, reason })));
    const late = name === "firefox" ? [] : paths.map((path) => ({ path, reason: "too late" }));

    for (const way of refused) {
      test(`${way.path}, ${way.reason}: a refused sender sends nothing until a later seal() succeeds`, {
        timeout: 240_000,
      }, async () => {
        for (const { what, code, answer, seen, again, after } of await run("senders", way)) {
          assert.equal(code, CODES[way.reason], what);
          assert.equal(answer, expected(what, code, true), what);
          assert.equal(seen, 0, `${what}: ${seen} frames`);
          assert.deepEqual([again, after], ["", { plaintext: 0, flows: true }], what);
        }
      });

      test(`${way.path}, ${way.reason}: a refused receiver renders nothing, and a later open() judges frames`, async () => {
        const code = CODES[way.reason];
        assert.deepEqual(await run("receiver", way), {
          code,
          early: 0,
          state: "live",
          again: "",
          dropped: true,
          decoded: 0,
        });
      });
    }

    for (const way of late) {
      test(`${way.path}, too late: a refused sender never sends`, {
        timeout: 240_000,
      }, async () => {
        for (const { what, code, answer, seen, again } of await run("senders", way)) {
          assert.deepEqual([code, again, seen], ["not-protected", "not-protected", 0], what);
          assert.equal(answer, expected(what, code, false), what);
        }
      });
    }

    test("too late, while a track and parameters are on their way: nothing leaves", {
      skip: name === "firefox",
    }, async () => {
      for (const one of await run("busy"))
        assert.deepEqual(one, { code: "not-protected", track: null, frames: 0 });
    });

    test("a sender that the application changed or froze: sealed, or nothing leaves", {
      timeout: 240_000,
    }, async () => {
      for (const { what, plaintext, asItShould } of await run("changed"))
        assert.deepEqual([plaintext, asItShould], [0, true], what);
    });

    test("nothing is written to the console", () => assert.deepEqual(lines(), []));
  });
});

/**
 * The result of each way to give the sender media. With `held` its encodings may be on, because
 * they lead nowhere.
 */
function expected(what, code, held) {
  if (what.startsWith("addTrack")) return "reused";
  if (what.startsWith("tones")) return "tones-refused";
  if (what.startsWith("replaceTrack,")) return code;
  return held ? `${code},nothing,true` : `${code},${code},false`;
}
