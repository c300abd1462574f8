// Calls to which something happens, as `npm run call -- --scenario NAME` plays them.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startBroker } from "../../call/broker.mjs";
import { launch } from "../../call/browsers.mjs";
import { play, serveScenarios } from "../../call/scenario.mjs";

/** So many times longer than the goals may things take: a limit for a fault, not for a slow machine. */
const PATIENCE = 30;

describe("scenarios", () => {
  let broker;
  let server;
  const browsers = {};
  before(async () => {
    broker = await startBroker();
    server = await serveScenarios(broker);
    const names = { a: "chromium", b: "firefox", c: "chromium" };
    await Promise.all(Object.entries(names).map(async ([side, name]) => (browsers[side] = await launch(name))));
  });
  after(async () => {
    await Promise.all(Object.values(browsers).map((browser) => browser.close()));
    await server?.close();
    await broker?.close();
  });
  const run = (scenario, options) => {
    const common = { scenario, codec: "vp8", via: "direct", seconds: 2, labels: { video: "", audio: "" }, patience: PATIENCE, say: () => {} };
    return play({ ...common, ...options }, { server, broker: scenario === "broker" ? broker : undefined, browsers });
  };

  test("rejoin: a tab that is reloaded is in media again, with the same device", async (t) => {
    const result = await run("rejoin");
    t.diagnostic(`in media ${result.signalMs} ms after signaling`);
    works(result);
    assert.ok(result.signalMs > 0 && result.gapMs > result.signalMs, JSON.stringify(result));
  });

  test("leave: who was removed opens nothing, the others go on", async (t) => {
    const result = await run("leave");
    t.diagnostic(`the last picture ${result.removedMs} ms after`);
    works(result);
  });

  test("leave: it would be noticed if the removed one went on", async () => {
    const { unmet } = await run("leave", { spare: true, patience: 1 });
    assert.equal(unmet.filter((goal) => /opened/.test(goal)).length, 2, unmet.join("; "));
  });

  test("late: a joiner gets what is sent from now on, and nothing of before", async () => {
    const result = await run("late", { labels: { video: "camera", audio: "microphone" } });
    works(result);
    assert.deepEqual(result.earlier, { given: 40, opened: 0 });
    assert.ok(result.dropped["unknown-key"] >= 40, JSON.stringify(result.dropped));
  });

  test("broker: keys over STOMP, and one joins while RabbitMQ is away", async () => {
    const result = await run("broker");
    works(result);
    assert.ok(result.outageMs > 2_000, JSON.stringify(result));
  });
});

function works(result) {
  assert.deepEqual(result.unmet, []);
  const { sealed, opened, decoded } = result;
  for (const [what, count] of [sealed, opened, decoded].flatMap(Object.entries)) assert.ok(count >= 5, `${what}: ${JSON.stringify(result)}`);
  assert.deepEqual([result.audioHeard, result.plaintextFrames, result.foreignFrames, result.leaksStopped], [true, 0, 0, 0]);
}
