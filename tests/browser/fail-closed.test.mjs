// A protected sender, rightly or wrongly wired: a far side without keys never gets a frame that it
// could read.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { nothing, sealedOnly } from "./census.mjs";
import { eachBrowser, TOGETHER, usePage } from "./common.mjs";
describe("fail closed", TOGETHER, () => {
  eachBrowser((name) => {
    const firefox = name === "firefox";

    const { run, lines } = usePage(name, "fail-closed.html");

    test("the tap counts frames of an unsealed sender as plaintext", async () => {
      const { census } = await run("plaintext");
      assert.ok(census.plaintext > 20, JSON.stringify(census));
      assert.equal(census.sealed, 0);
    });

    test("the tap counts frames of a sealed sender as sealed", async () => {
      const { census, errors, decoded } = await run("sealed");
      assert.deepEqual(errors, ["", ""]);
      sealedOnly(census);
      assert.equal(decoded, 0);
    });

    test("with the flag and without seal(), Chromium sends nothing", {
      skip: firefox,
    }, async () => {
      nothing((await run("plaintext with the flag")).census);
    });

    test("a sender without a key sends nothing", async () => {
      const { census, errors, dropped } = await run("no key yet");
      assert.deepEqual(errors, ["", ""]);
      nothing(census);
      assert.ok(
        dropped.video["no-key"] > 0 && dropped.audio["no-key"] > 0,
        JSON.stringify(dropped),
      );
    });

    test("seal() in the task that made the sender seals without the flag", async () => {
      sealedOnly((await run("sealed without the flag")).census);
    });

    test("seal() a task later without the flag is refused in Chromium and sends nothing", async () => {
      const { census, errors, tracks } = await run("sealed a task too late");
      if (firefox) return sealedOnly(census); // Firefox accepts it until the negotiation
      assert.deepEqual(errors, ["not-protected", "not-protected"]);
      assert.deepEqual(tracks, [false, false]);
      nothing(census);
    });

    test("seal() a task later with the flag seals", async () => {
      const { census, errors } = await run("sealed a task too late with the flag");
      assert.deepEqual(errors, ["", ""]);
      sealedOnly(census);
    });

    test("seal() on a connected sender with the flag seals in Chromium, and Firefox refuses it", async () => {
      const { census, errors } = await run("sealed once connected with the flag");
      if (!firefox) return sealedOnly(census);
      assert.deepEqual(errors, ["too-late", "too-late"]);
    });

    test("seal() while plaintext flows throws and stops the plaintext", async () => {
      const { before, census, errors, tracks } = await run("sealed too late, while sending");
      assert.ok(before.plaintext > 0);
      assert.deepEqual(
        errors,
        firefox ? ["too-late", "too-late"] : ["not-protected", "not-protected"],
      );
      assert.equal(tracks.length, 2);
      // For a sender without a track Firefox sends a black picture each second. It is sealed now.
      assert.equal(census.plaintext, 0);
      if (!firefox) nothing(census);
    });

    test("if seal() throws for a wrong option and the page ignores it, nothing is sent", async () => {
      const { census, errors } = await run("bad option, exception swallowed");
      assert.deepEqual(errors, ["bad-argument", "bad-argument"]);
      nothing(census);
    });

    test("if seal() throws for a closed call and the page ignores it, nothing is sent", async () => {
      const { census, errors } = await run("call closed before");
      assert.deepEqual(errors, ["call-closed", "call-closed"]);
      nothing(census);
    });

    test("a sender whose worker was terminated sends nothing", async () => {
      const { before, census } = await run("worker terminated");
      sealedOnly(before);
      nothing(census);
    });

    test("removing the transform is refused, and frames stay sealed", async () => {
      const { attempts, held, census } = await run("transform removed");
      assert.deepEqual(attempts, ["already-protected", "already-protected"]);
      assert.ok(held);
      sealedOnly(census);
    });

    test("DTMF tones bypass transforms, so they are refused, and frames stay sealed", async () => {
      const { attempts, census } = await run("tones");
      assert.deepEqual(attempts, ["tones-refused", "tones-refused"]);
      sealedOnly(census);
    });

    test("frames stay sealed after replaceTrack()", async () =>
      sealedOnly((await run("track replaced")).census));

    test("a sender stays sealed while directions and codecs change", async () => {
      const { meanwhile, census } = await run("directions and codecs change");
      sealedOnly(meanwhile);
      sealedOnly(census);
    });

    test("a sender of a closed call sends nothing when directions and codecs change", async () => {
      const { before, meanwhile, census } = await run(
        "directions and codecs change after the call",
      );
      sealedOnly(before);
      nothing(meanwhile);
      nothing(census);
    });

    test("a sender of a closed call sends nothing", async () => {
      const { before, census } = await run("call closed in mid-call");
      sealedOnly(before);
      nothing(census);
    });

    test("a sender of an open call is refused by another call", async () => {
      const { errors, census } = await run("another call wants the sender");
      assert.deepEqual(errors, ["already-protected", "already-protected"]);
      sealedOnly(census);
    });

    test("a call can take the sender of a closed call", async () =>
      sealedOnly((await run("next call takes the sender")).census));

    test("a call can take the sender of a call whose worker failed", async () => {
      const { failed, census } = await run("next call after a worker that failed");
      assert.equal(failed, "worker-failed");
      sealedOnly(census);
    });

    test("no frame is in plaintext while keys change", async () => {
      const { census } = await run("new keys in mid-call");
      sealedOnly(census);
    });

    test("a sender with an unknown codec sends nothing", async () => {
      const { census, dropped } = await run("unknown codec");
      nothing(census);
      assert.ok(dropped.video["unknown-codec"] > 0, JSON.stringify(dropped));
    });

    test("frames that throw are counted as frame-failed and not sent", async () => {
      const { census, dropped } = await run("frames that throw");
      nothing(census);
      assert.deepEqual(Object.keys(dropped.video), ["frame-failed"]);
    });

    test("frames without a codec use the codec option, and without it nothing is sent", async () => {
      const { picture, tone, errors, without } = await run("codec of the application");
      assert.ok(picture && tone, JSON.stringify(errors));
      nothing(without.census);
      assert.ok(without.dropped.video["unknown-codec"] > 0, JSON.stringify(without.dropped));
    });

    test("nothing is written to the console", () => assert.deepEqual(lines(), []));
  });
});
