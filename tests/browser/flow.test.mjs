// Sealed frames reach the receiver under the right codec. If they do not, the state of the stream
// says so.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { codec_number } from "sealframe/core";
import "../node/core.mjs";
import { eachBrowser, TOGETHER, usePage } from "./common.mjs";

/** Codes that this file is about. */
const FAULTS = /packetization-mode|not-sent|only-duplicates|unknown-payload-type/;
/**
 * Seconds for each event of a calm call. Long runs exceed the time over which frames and packets
 * are compared.
 */
const CALM = process.env.SEALFRAME_LONG ? 7 : 1.5;

describe("flow", TOGETHER, () => {
  eachBrowser((name) => {
    const { run, lines } = usePage(name, "flow.html");
    const only = { skip: name !== "chromium" && "Chromium alone has it", timeout: 120_000 };

    test("each codec that the browser lists has a number, or the guide excludes it by name", async () => {
      const mimes = await run("capabilities");
      assert.ok(mimes.length > 5);
      for (const mime of mimes)
        assert.notEqual(codec_number(mime) !== 0, EXCLUDED.has(mime.toLowerCase()), mime);
    });

    test("RED at 510 kbit/s plays, and both ends report Opus", only, async () => {
      const result = await run("heard", "RED at 510 kbit/s");
      plays(result);
      assert.deepEqual(result.codecs, ["opus"]);
    });

    for (const codec of ["RED", "multiopus", "L16"]) {
      test(`${codec} plays`, only, async () => plays(await run("heard", codec)));
    }
    for (const codec of ["G722", "PCMU", "PCMA"]) {
      test(`${codec} plays`, { timeout: 60_000 }, async () => plays(await run("heard", codec)));
    }

    test("comfort noise between PCMU frames opens", only, async () => {
      const { near, far, seen, codecs } = await run("silence");
      assert.deepEqual(codecs, ["pcmu", "cn"]);
      assert.deepEqual(lossless(far), {});
      assert.ok(far.frames > 150);
      assert.ok(near.dropped["unknown-payload-type"] < 50);
      assert.equal(seen.plaintext, 0);
    });

    test("Opus is not played as samples if a server rewrites its payload type", only, async () => {
      const { near, far, seen, codecs, sounds } = await run("renamed");
      assert.deepEqual(codecs, ["l16"]);
      assert.equal(near.state, "sealed");
      assert.deepEqual([far.frames, far.state, far.code], [0, "failing", "authentication-failed"]);
      assert.deepEqual([seen.plaintext, sounds], [0, false]);
    });

    test("frames with a new payload type open after a renegotiation", {
      timeout: 60_000,
    }, async () => {
      const { before, far, seen, types } = await run("renumbered");
      assert.ok(types.includes(96));
      assert.ok(far.frames > before + 100);
      // The old payload type of a frame that was on its way has no meaning any more.
      const { "unknown-codec": late, ...dropped } = lossless(far);
      assert.deepEqual(dropped, {});
      assert.equal(seen.plaintext, 0);
    });

    test("while the meaning of a payload type is unknown nothing is sent, and the state says why", {
      timeout: 60_000,
    }, async () => {
      const { before, after } = await run("unanswered");
      assert.deepEqual(
        [before.near.state, before.near.code, before.near.frames],
        ["failing", "unknown-payload-type", 0],
      );
      assert.deepEqual([before.seen.sealed, before.seen.plaintext], [0, 0]);
      assert.ok(
        before.asked < before.near.dropped["unknown-payload-type"] / 4,
        `${before.asked} questions`,
      );
      assert.deepEqual(
        [after.near.state, after.far.state, after.seen.plaintext],
        ["sealed", "sealed", 0],
      );
    });

    test(
      "H.264 in single NAL unit mode fails at both ends, and is sealed in another mode",
      only,
      async () => {
        const { before, after, plays, since } = await run("single", ["offer"]);
        for (const end of ["near", "far"]) {
          assert.deepEqual(
            [before[end].state, before[end].code],
            ["failing", "packetization-mode"],
            end,
          );
          assert.deepEqual([after[end].state, after[end].code], ["sealed", ""], end);
        }
        assert.ok(plays);
        assert.ok(!since.includes("seal failing not-sent"), since.join(", "));
      },
    );

    test("H.264 in single NAL unit mode in the answer only fails at the sender", only, async () => {
      const { before, after, since } = await run("single", ["answer"]);
      assert.deepEqual([before.near.state, before.near.code], ["failing", "packetization-mode"]);
      assert.deepEqual([after.near.state, after.far.state], ["sealed", "sealed"]);
      assert.ok(!since.includes("seal failing not-sent"), since.join(", "));
    });

    test("a sender whose sealed frames do not become packets fails as not-sent", only, async () => {
      const { states, near } = await run("stalled");
      assert.ok(states.includes("seal failing not-sent"), states.join(", "));
      assert.equal(near.state, "sealed");
    });

    for (const kind of ["audio", "video"]) {
      test(`a receiver of ${kind} that gets one frame again and again fails until others come`, {
        timeout: 90_000,
      }, async () => {
        const { during, far } = await run("stuck", kind);
        assert.equal(during.at(-1), "open failing only-duplicates");
        assert.equal(far.state, "sealed");
      });
    }

    test("a healthy call reports none of these faults", { timeout: 300_000 }, async () => {
      for (const doing of await run("begin")) {
        const states = (await run("calm", { doing, seconds: CALM })).flat();
        assert.deepEqual(
          states.filter((state) => FAULTS.test(state)),
          [],
          doing,
        );
      }
      const ice = await run("finish");
      process.stderr.write(`${name}: ICE ended ${ice}\n`);
    });

    test("nothing is written to the console", () => assert.deepEqual(lines(), []));
  });
});

/** Media types that the guide excludes. */
const EXCLUDED = new Set(
  [.../`((?:audio|video)\/[\w-]+)`/g[Symbol.matchAll](excluded())].map(([, mime]) =>
    mime.toLowerCase(),
  ),
);

function excluded() {
  const guide = readFileSync(new URL("../../docs/guide.md", import.meta.url), "utf8");
  return (
    /^[^\n]*not sealed as frames[\s\S]*?\n\n/m.exec(guide)?.[0] ??
    assert.fail("the guide excludes nothing")
  );
}

function plays({ near, far, seen, plays }) {
  assert.deepEqual([near.state, far.state, seen.plaintext, plays], ["sealed", "sealed", 0, true]);
  assert.ok(far.frames > 100);
  assert.deepEqual(lossless(far), {});
  assert.deepEqual(
    Object.keys(near.dropped).filter((code) => code !== "unknown-payload-type"),
    [],
  );
}

/** Drops, except frames that browsers deliver twice. */
const lossless = ({ dropped: { duplicate, ...others } }) => others;
