// The scenarios of `npm run call -- --scenario NAME`.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startBroker } from "../../harness/rabbitmq.mjs";
import { launch } from "../../harness/browsers.mjs";
import { runCall, serveCall } from "../../call/call.mjs";
import { Room } from "../../call/room.mjs";
import { until } from "../../call/until.mjs";
import { sleep } from "../../harness/sleep.js";

/**
 * Things may take at most 30 times longer than the goals. Only a fault takes longer, not a slow
 * machine.
 */
const PATIENCE = 30;
/** Round trip of signaling in milliseconds. It is longer than key exchange takes on one machine. */
const ROUND_TRIP = 600;
/** Milliseconds by which clocks of two browsers and a timer may differ. */
const GRAIN = 20;

describe("scenarios", () => {
  let broker;
  let server;
  const browsers = {};
  before(async () => {
    broker = await startBroker();
    server = await serveCall({ broker });
    const names = { a: "chromium", b: "firefox", c: "chromium" };
    await Promise.all(
      Object.entries(names).map(async ([side, name]) => (browsers[side] = await launch(name))),
    );
  });
  after(async () => {
    await Promise.all(Object.values(browsers).map((browser) => browser.close()));
    await server?.close();
    await broker?.close();
  });
  const run = (scenario, options, at = server) => {
    const common = {
      scenario,
      codec: "vp8",
      via: "direct",
      seconds: 2,
      labels: { video: "", audio: "" },
      patience: PATIENCE,
      say: () => {},
    };
    const own = scenario === "broker" ? broker : undefined;
    return runCall({ ...common, ...options }, { server: at, broker: own, browsers });
  };

  test("rejoin: a reloaded tab gets media again with the same device", async (t) => {
    const result = await run("rejoin");
    t.diagnostic(`in media ${result.signalMs} ms after signaling`);
    works(result);
    assert.ok(result.signalMs > 0 && result.gapMs > result.signalMs, JSON.stringify(result));
  });

  for (const scenario of ["join", "rejoin"]) {
    test(`${scenario} with slow signaling: nothing opens before keys can arrive, then everything opens`, async (t) => {
      const slow = await serveCall({ rtt: ROUND_TRIP });
      t.after(() => slow.close());
      const result = await run(scenario, { rtt: ROUND_TRIP }, slow);
      works(result);
      const { joiner, member } = result.entrance;
      t.diagnostic(`${scenario}: ${JSON.stringify(result.entrance)}`);
      assert.equal(result.rttMs, ROUND_TRIP);
      // An announcement needs half a round trip, and the envelope another half.
      for (const { mediaMs, openedMs } of [joiner, member]) {
        const plausible = openedMs >= ROUND_TRIP - GRAIN && openedMs >= mediaMs;
        assert.ok(plausible, JSON.stringify(result.entrance));
      }
    });
  }

  test("leave: a removed member opens nothing, and the others continue", async (t) => {
    const result = await run("leave");
    t.diagnostic(`the last picture ${result.removedMs} ms after`);
    works(result);
  });

  test("leave: the goals are missed if nobody is removed", async () => {
    const { unmet } = await run("leave", { spare: true, patience: 1 });
    assert.equal(unmet.filter((goal) => /opened/.test(goal)).length, 2, unmet.join("; "));
  });

  test("late: a joiner opens frames from after its join and none from before", async () => {
    const result = await run("late", { labels: { video: "camera", audio: "microphone" } });
    works(result);
    assert.deepEqual(result.earlier, { given: 40, opened: 0 });
    assert.ok(result.dropped["unknown-key"] >= 40, JSON.stringify(result.dropped));
  });

  test("broker: a member that joins while RabbitMQ is down gets keys over STOMP later", async () => {
    const result = await run("broker");
    works(result);
    assert.ok(result.outageMs > 2_000, JSON.stringify(result));
  });

  test("broker: a call with keys over STOMP survives a restart of the broker during a rotation", async () => {
    const options = { codec: "vp8", labels: { video: "", audio: "" }, say: () => {} };
    const { a: chromium, b: firefox } = browsers;
    const room = new Room(options, { server, browsers: { a: chromium, b: firefox }, broker });
    try {
      const { a, b } = await room.enter("a", "b");
      await broker.stop();
      await a.ask("rotate");
      await sleep(2_500); // by then A seals with the new key
      const before = await b.ask("passed", "a");
      await broker.start();
      const more = async () => (await b.ask("passed", "a")).frames > before.frames + 20;
      assert.ok(await until(more), "frames open after the restart");
      await room.settled();
      assert.deepEqual(room.missed, []);
      for (const [side, other] of [
        [a, "b"],
        [b, "a"],
      ]) {
        const { census, stats } = await side.ask("report", other);
        assert.equal(census.plaintext, 0);
        assert.ok(
          stats.streams
            .filter(({ direction }) => direction === "open")
            .every(({ frames }) => frames > 20),
        );
      }
    } finally {
      await room.close();
    }
  });
});

function works(result) {
  assert.deepEqual(result.unmet, []);
  const { sealed, opened, decoded } = result;
  for (const [what, count] of [sealed, opened, decoded].flatMap(Object.entries))
    assert.ok(count >= 5, `${what}: ${JSON.stringify(result)}`);
  assert.deepEqual(
    [result.audioHeard, result.plaintextFrames, result.foreignFrames, result.leaksStopped],
    [true, 0, 0, 0],
  );
}
