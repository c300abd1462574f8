// Whatever goes wrong at a protected sender: an unkeyed far side never gets a frame it could read.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { usePage } from "./common.mjs";

/** How often a receiver asks for one key frame, at most. */
const REQUESTS = 5;

for (const name of ["chromium", "firefox"]) {
  describe(name, () => {
    const firefox = name === "firefox";
    const { run, lines } = usePage(name, "matrix.html");

    test("the tap knows plaintext when it sees it", async () => {
      const { census } = await run("plaintext");
      assert.ok(census.plaintext > 20, JSON.stringify(census));
      assert.equal(census.sealed, 0);
    });

    test("the tap knows sealed frames when it sees them", async () => {
      const { census, errors, decoded } = await run("sealed");
      assert.deepEqual(errors, ["", ""]);
      sealedOnly(census);
      assert.equal(decoded, 0);
    });

    test("keys on both sides: picture and tone arrive", async () => {
      const result = await run("keys on both sides");
      assert.ok(result.picture && result.tone, JSON.stringify(result));
    });

    test("an unsealed sender: the flag alone keeps Chromium silent", { skip: firefox }, async () => {
      nothing((await run("plaintext with the flag")).census);
    });

    test("no key yet: nothing leaves", async () => {
      const { census, errors, dropped } = await run("no key yet");
      assert.deepEqual(errors, ["", ""]);
      nothing(census);
      assert.ok(dropped.video["no-key"] > 0 && dropped.audio["no-key"] > 0, JSON.stringify(dropped));
    });

    test("sealed in the task that made the sender, connection without the flag", async () => {
      sealedOnly((await run("sealed without the flag")).census);
    });

    test("a task too late, connection without the flag", async () => {
      const { census, errors, tracks } = await run("sealed a task too late");
      if (firefox) return sealedOnly(census); // Firefox takes it at any time before negotiation
      assert.deepEqual(errors, ["not-protected", "not-protected"]);
      assert.deepEqual(tracks, [false, false]);
      nothing(census);
    });

    test("a task too late, connection with the flag", async () => {
      const { census, errors } = await run("sealed a task too late with the flag");
      assert.deepEqual(errors, ["", ""]);
      sealedOnly(census);
    });

    test("once connected, connection with the flag", async () => {
      const { census, errors } = await run("sealed once connected with the flag");
      if (!firefox) return sealedOnly(census);
      assert.deepEqual(errors, ["too-late", "too-late"]);
    });

    test("too late, while plaintext flows: an exception, and the flow ends", async () => {
      const { before, census, errors, tracks } = await run("sealed too late, while sending");
      assert.ok(before.plaintext > 0);
      assert.deepEqual(errors, firefox ? ["too-late", "too-late"] : ["not-protected", "not-protected"]);
      assert.equal(tracks.length, 2);
      // Firefox sends a black picture a second for a sender without a track: sealed by now.
      assert.equal(census.plaintext, 0);
      if (!firefox) nothing(census);
    });

    test("a wrong option: an exception, and swallowing it sends nothing", async () => {
      const { census, errors } = await run("bad option, exception swallowed");
      assert.deepEqual(errors, ["bad-argument", "bad-argument"]);
      nothing(census);
    });

    test("a closed call: an exception, and swallowing it sends nothing", async () => {
      const { census, errors } = await run("call closed before");
      assert.deepEqual(errors, ["call-closed", "call-closed"]);
      nothing(census);
    });

    test("worker terminated: nothing leaves", async () => {
      const { before, census } = await run("worker terminated");
      sealedOnly(before);
      nothing(census);
    });

    test("transform removed: refused, and frames go on sealed", async () => {
      const { attempts, held, census } = await run("transform removed");
      assert.deepEqual(attempts, ["already-protected", "already-protected"]);
      assert.ok(held);
      sealedOnly(census);
    });

    test("tones, which pass by every transform: refused, and frames go on sealed", async () => {
      const { attempts, census } = await run("tones");
      assert.deepEqual(attempts, ["tones-refused", "tones-refused"]);
      sealedOnly(census);
    });

    test("track replaced: frames go on sealed", async () => sealedOnly((await run("track replaced")).census));

    test("call closed in mid-call: nothing leaves", async () => {
      const { before, census } = await run("call closed in mid-call");
      sealedOnly(before);
      nothing(census);
    });

    test("a sender belongs to one open call", async () => {
      const { errors, census } = await run("another call wants the sender");
      assert.deepEqual(errors, ["already-protected", "already-protected"]);
      sealedOnly(census);
    });

    test("the next call may take the sender over", async () => sealedOnly((await run("next call takes the sender")).census));

    test("nor need a call be closed whose worker failed", async () => {
      const { failed, census } = await run("next call after a worker that failed");
      assert.equal(failed, "worker-failed");
      sealedOnly(census);
    });

    test("unknown codec: nothing leaves", async () => {
      const { census, dropped } = await run("unknown codec");
      nothing(census);
      assert.ok(dropped.video["unknown-codec"] > 0, JSON.stringify(dropped));
    });

    test("frames that throw: counted under a name, and nothing leaves", async () => {
      const { census, dropped } = await run("frames that throw");
      nothing(census);
      assert.deepEqual(Object.keys(dropped.video), ["frame-failed"]);
    });

    test("frames that name no codec: what the application says, or nothing leaves", async () => {
      const { picture, tone, errors, without } = await run("codec of the application");
      assert.ok(picture && tone, JSON.stringify(errors));
      nothing(without.census);
      assert.ok(without.dropped.video["unknown-codec"] > 0, JSON.stringify(without.dropped));
    });

    test("new keys in mid-call: no frame in between", async () => {
      const { census } = await run("new keys in mid-call");
      sealedOnly(census);
    });

    test("trap in the core: a new instance, silence without keys, frames with the next", async () => {
      const { before, silent, after, events, restarts, dropped } = await run("trap in the core");
      assert.ok(before.sealed > 0);
      assert.equal(before.plaintext + silent.plaintext + after.plaintext, 0);
      nothing(silent);
      assert.ok(restarts >= 1);
      assert.ok(events.some(({ type, code }) => type === "restarted" && code === "core-restarted"));
      assert.ok(events.some(({ state, code }) => state === "waiting-for-key" && code === "core-restarted"));
      const traps = [dropped.video, dropped.audio].map((codes) => codes["core-restarted"] ?? 0);
      assert.ok(traps[0] + traps[1] === restarts && dropped.video["no-key"] > 0, JSON.stringify(dropped));
      assert.ok(after.sealed > 0);
    });

    test("devices: keys by messages, a rotation in mid-call, and who is dropped reads no more", async () => {
      const { picture, rotated, after, sealed, events, dropped } = await run("devices");
      assert.ok(picture && rotated > 20 && sealed > 50, JSON.stringify({ picture, rotated, sealed }));
      assert.equal(after, 0);
      assert.ok(dropped.audio["unknown-key"] > 0, JSON.stringify(dropped));
      // Nobody told the other side: it hears frames under a key that it has not got, and asks.
      assert.ok(events.length > 0 && events.every((event) => event === "error not-a-member"), events.join());
    });

    test("a device alone: after a trap its empty roster is stated again", async () => {
      const { events, after } = await run("a trap alone");
      assert.deepEqual(events, ["restarted core-restarted"]);
      assert.ok(after.sealed > 10 && after.plaintext === 0, JSON.stringify(after));
    });

    test("devices: after a trap the call comes back by itself", async (t) => {
      const { milliseconds, picture, events, restarts } = await run("devices and a trap");
      assert.ok(picture && restarts >= 1);
      t.diagnostic(`frames go again after ${milliseconds} ms`);
      assert.ok(events.every((event) => event === "restarted core-restarted"), events.join());
    });

    test("a key that comes late: a key-frame request, then a picture", async (t) => {
      const { early, picture, milliseconds, states, keyFrameRequests } = await run("a key that comes late");
      assert.equal(early, 0);
      assert.ok(picture);
      t.diagnostic(`a picture after ${Math.round(milliseconds)} ms and ${keyFrameRequests} requests`);
      assert.ok(keyFrameRequests >= 1 && keyFrameRequests <= REQUESTS, `${keyFrameRequests} requests`);
      assert.ok(states.includes("video waiting-for-key") && states.at(-1).endsWith("sealed"), states.join());
    });

    test("a key-frame request that is lost is made again, until a key frame is here, and not for ever", async (t) => {
      const result = await run("key-frame requests that are lost");
      t.diagnostic(JSON.stringify(result));
      const { once, none, again } = result;
      assert.ok(once >= 2 && once <= REQUESTS, `${once} requests where one was lost`);
      assert.equal(none, REQUESTS);
      assert.ok(again);
    });

    test("a stream tells its state twice a second at most; its counters are exact", async () => {
      const { states, streams, milliseconds } = await run("keys that change too often");
      for (const kind of ["audio", "video"]) {
        const count = states.filter((state) => state.kind === kind).length;
        assert.ok(count >= 1 && count <= mostStates(milliseconds), `${kind}: ${count} in ${milliseconds} ms`);
        const { frames, dropped } = streams.find((stream) => stream.kind === kind);
        assert.ok(frames > 0 && Object.values(dropped).some((count) => count > 0));
      }
    });

    test("a peer that does not seal is called that; its frames are not decoded", async () => {
      const { events, decoded, streams } = await run("who does not seal");
      assert.equal(decoded, 0);
      for (const kind of ["audio", "video"]) {
        const last = events.filter((event) => event.kind === kind).at(-1);
        const { timeStamp, ...said } = last ?? {};
        assert.deepEqual(said, { kind, sender: "near", track: "camera", direction: "open", state: "not-sealed", code: "not-sealed" });
        const { dropped, frames } = streams.find((stream) => stream.kind === kind);
        assert.ok(dropped["not-sealed"] > 0 && frames === 0, JSON.stringify(dropped));
      }
    });

    test("a peer whose key is missing is not", async () => {
      const { events, decoded, streams } = await run("whose key is missing");
      assert.equal(decoded, 0);
      assert.deepEqual([...new Set(events.map(({ state, code }) => `${state} ${code}`))], ["waiting-for-key unknown-key"]);
      assert.ok(streams.every(({ dropped }) => !dropped["not-sealed"]), JSON.stringify(streams));
    });

    test("frames opened as another sender's, with keys of the application: no key fits", async () => {
      const { events, decoded } = await run("opened as another's");
      assert.equal(decoded, 0);
      assert.deepEqual([...new Set(events.map(({ sender, state, code }) => `${sender} ${state} ${code}`))], ["third waiting-for-key unknown-key"]);
    });

    test("a flood of forged frames: exact counts, a picture all the same, and few events", async () => {
      const { picture, events, streams, given, milliseconds } = await run("a flood of forged frames");
      assert.ok(picture);
      for (const kind of ["audio", "video"]) {
        const { frames, dropped } = streams.find((stream) => stream.kind === kind);
        const { duplicate = 0, "too-old": old = 0, ...others } = dropped;
        const refused = Object.values(others).reduce((sum, count) => sum + count, 0);
        // Of a frame that the browser repeats, the forged ones are repeats as well.
        assert.equal(frames + refused + duplicate + old, given[`open ${kind}`] + given[`forged ${kind}`], JSON.stringify({ given, dropped }));
        // The first twenty come before anything genuine: who sends those might not seal at all.
        const bent = others["authentication-failed"] + (others["not-sealed"] ?? 0) + (others["unknown-key"] ?? 0);
        assert.ok(bent >= frames * 20 && !(others["not-sealed"] > 20 || others["unknown-key"] > 20), JSON.stringify({ frames, dropped }));
        const count = events.filter((event) => event.kind === kind).length;
        assert.ok(count <= mostStates(milliseconds), `${kind}: ${count} in ${milliseconds} ms`);
      }
    });

    test("a receiver opened too late is refused, and rendered no more", async () => {
      const { errors, state, decoded } = await run("opened too late");
      if (firefox) return assert.deepEqual([errors, decoded], [[""], 0]);
      assert.deepEqual([errors, state], [["not-protected"], "ended"]);
    });

    test("wrong key: nothing is decoded", async () => {
      const { decoded, dropped } = await run("wrong key");
      assert.equal(decoded, 0);
      assert.ok(dropped.video["unknown-key"] > 0, JSON.stringify(dropped));
    });

    test("nothing of this is written to the console", () => assert.deepEqual(lines(), []));
  });
}

/** State events of one stream in such a time: two a second. Events that a busy page hears late may come in a row. */
function mostStates(milliseconds) {
  return 1 + Math.ceil(milliseconds / 500);
}

function sealedOnly(census) {
  assert.equal(census.plaintext, 0, JSON.stringify(census));
  assert.ok(census.sealed > 20, JSON.stringify(census));
}

function nothing(census) {
  const { sealed, plaintext, strange } = census;
  assert.deepEqual({ sealed, plaintext, strange }, { sealed: 0, plaintext: 0, strange: 0 });
}
