// `sealframe/report`: it says what happened in a call, and nothing about who was in it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Sealframe as Page } from "sealframe";
import { Sealframe } from "sealframe/node";
import { reporter } from "sealframe/report";
import { FRAMES } from "./core.mjs";

const KEY = new Uint8Array(32).fill(0xab);
const SECRETS = ["ab".repeat(8), Buffer.from(KEY).toString("base64").slice(0, 16), "171,171"];
const [VP8] = FRAMES["video/VP8"];
const TRACK = "kitchen camera of Alice";
const camera = { kind: "video", codec: "video/VP8", track: TRACK };

/** Two sides with keys of the application, after one frame and one forged frame. */
async function callOf(t, room, ...names) {
  const sealframe = await Sealframe.start();
  t.after(() => sealframe.close());
  const keys = Object.fromEntries(names.map((name) => [name, KEY]));
  const calls = await Promise.all(names.map((as) => sealframe.join(room, { keys, as })));
  const reports = calls.map((call) => reporter(call));
  const sealing = calls[0].seal(camera);
  const opening = calls[1].open({ ...camera, from: names[0] });
  assert.ok(opening.pass(sealing.pass(VP8, true), true));
  const forged = sealing.pass(VP8, true);
  forged[forged.length - 1] ^= 1;
  assert.equal(opening.pass(forged, true), undefined);
  await new Promise((resolve) => setTimeout(resolve, 50));
  return { sealframe, calls, reports };
}

/** The places in a report that contain one of these texts. */
function found(report, texts) {
  const json = JSON.stringify(report).toLowerCase();
  return texts.filter((text) => json.includes(text.toLowerCase()));
}

test("a report has build, platform, streams with codec and counts, and events", async (t) => {
  const { reports } = await callOf(t, "room-4711", "alice@example.org", "Bob");
  const report = await reports[1]();
  assert.equal(report.build, Page.build);
  assert.match(report.build, /^\d+\.\d+\.\d+-[0-9a-f]{16}$/);
  assert.equal(report.platform, `Node ${process.version}`);
  assert.deepEqual([report.self, report.closed, report.support], ["side 1", false, undefined]);
  const [{ microseconds, overhead, ...stream }] = report.streams;
  assert.deepEqual(stream, {
    ...{ direction: "open", kind: "video", codec: "video/VP8", sender: "side 2", track: "track 1" },
    ...{ state: "sealed", code: "", frames: 1, bytes: VP8.length },
    dropped: { "authentication-failed": 1 },
  });
  assert.ok(overhead > 0 && microseconds.p99 >= 0);
  assert.deepEqual(report.keys.restarts, 0);
  assert.deepEqual(report.events, [{ event: "state", state: "sealed", count: 1, secondsAgo: 0 }]);
});

test("no key, label or call id is in a report, and names only if they are asked for", async (t) => {
  const names = ["alice@example.org", "Bob"];
  const { reports } = await callOf(t, "room-4711", ...names);
  const said = [...SECRETS, ...names, TRACK, "4711"];
  for (const report of reports) assert.deepEqual(found(await report(), said), []);
  const asked = await reports[1]({ names: true });
  assert.deepEqual(found(asked, said), [...names, TRACK]);
});

test("no whole id and no code of an epoch is in a report, whatever a call says", async () => {
  const ids = ["0123456789abcdef".repeat(2), "fedcba9876543210".repeat(2)];
  const secret = "11111 22222 33333";
  const call = Object.assign(new EventTarget(), {
    ...{ self: ids[0], closed: false },
    stats: async () => ({
      streams: [{ direction: "open", kind: "audio", sender: ids[1], track: "", secret }],
      members: [
        { id: ids[1], kem: "p256", legacy: false, keyed: true, acknowledged: true, secret },
      ],
      epoch: { epoch: 3, code: secret, members: ids },
      ...{ hybrid: false, classic: ids, restarts: 0, secret },
    }),
  });
  const report = reporter(call);
  const fire = (type, fields) => call.dispatchEvent(Object.assign(new Event(type), fields));
  fire("epoch", { epoch: 3, code: secret, members: ids });
  fire("message", { to: ids[1], bytes: KEY });
  for (const code of [secret, "bad-message", "bad-message"]) fire("error", { code, from: ids[1] });
  fire("keys-changed", { name: secret, added: ids });
  const made = await report({ names: true });
  assert.deepEqual(found(made, [...ids, secret, ...SECRETS]), []);
  assert.deepEqual([made.self, made.members[0].id], ["012345…", "fedcba…"]);
  assert.deepEqual(made.epoch, { epoch: 3, devices: 2 });
  assert.deepEqual(
    made.events.map(({ event, code, count }) => [event, code, count]),
    [
      ["epoch", undefined, 1],
      ["message", undefined, 1],
      ["error", undefined, 1],
      ["error", "bad-message", 2],
      ["keys-changed", undefined, 1],
    ],
  );
});

test("a report of a call that has ended says why it has no statistics", async (t) => {
  const { sealframe, reports } = await callOf(t, "room", "alice", "bob");
  await sealframe.close();
  const { closed, unavailable, streams, events } = await reports[1]();
  assert.deepEqual([closed, unavailable, streams], [true, "call-closed", undefined]);
  assert.deepEqual(
    events.map(({ event, code }) => [event, code]),
    [
      ["state", undefined],
      ["error", "call-closed"],
    ],
  );
});

test("events that an application makes up do not let a report grow without limit", async () => {
  const call = Object.assign(new EventTarget(), { self: "me", stats: async () => ({}) });
  const report = reporter(call);
  for (let i = 0; i < 10_000; i++)
    call.dispatchEvent(Object.assign(new Event("error"), { code: `code-${i}` }));
  call.stats = () => Promise.reject(Object.assign(new Error(), { code: "worker-failed" }));
  const { events, unavailable } = await report();
  assert.deepEqual([events.length, unavailable], [256, "worker-failed"]);
});
