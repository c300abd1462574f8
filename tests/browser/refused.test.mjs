// Refused, and the exception swallowed: nothing passes, whatever media it is given, until it is taken.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { usePage } from "./common.mjs";

const CODES = { "bad argument": "bad-argument", "closed call": "call-closed", "ended worker": "call-closed" };

for (const name of ["chromium", "firefox"]) {
  describe(name, () => {
    const { run, lines } = usePage(name, "refused.html");
    // Firefox honours a transform at any time.
    const paths = name === "firefox" ? ["transforms"] : ["transforms", "streams"];
    const refused = paths.flatMap((path) => Object.keys(CODES).map((reason) => ({ path, reason })));
    const late = name === "firefox" ? [] : paths.map((path) => ({ path, reason: "too late" }));

    for (const way of refused) {
      test(`${way.path}, ${way.reason}: nothing leaves; sealed as it should be, frames do`, { timeout: 240_000 }, async () => {
        for (const { what, code, answer, seen, again, after } of await run("senders", way)) {
          assert.equal(code, CODES[way.reason], what);
          assert.equal(answer, expected(what, code, true), what);
          assert.equal(seen, 0, `${what}: ${seen} frames`);
          assert.deepEqual([again, after], ["", { plaintext: 0, flows: true }], what);
        }
      });

      test(`${way.path}, ${way.reason}: nothing is rendered; opened as it should be, frames are judged`, async () => {
        const code = CODES[way.reason];
        assert.deepEqual(await run("receiver", way), { code, early: 0, state: "live", again: "", dropped: true, decoded: 0 });
      });
    }

    for (const way of late) {
      test(`${way.path}, too late: nothing leaves, ever`, { timeout: 240_000 }, async () => {
        for (const { what, code, answer, seen, again } of await run("senders", way)) {
          assert.deepEqual([code, again, seen], ["not-protected", "not-protected", 0], what);
          assert.equal(answer, expected(what, code, false), what);
        }
      });
    }

    test("nothing of this is written to the console", () => assert.deepEqual(lines(), []));
  });
}

/** What giving it media is answered; `held`: its encodings may be on, for they lead nowhere. */
function expected(what, code, held) {
  if (what.startsWith("addTrack")) return "reused";
  if (what.startsWith("tones")) return "tones-refused";
  if (what.startsWith("replaceTrack,")) return code;
  return held ? `${code},nothing,true` : `${code},${code},false`;
}
