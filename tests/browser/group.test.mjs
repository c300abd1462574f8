// Calls with an MLS group: what an application sees of them, and real media between browsers.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { launch } from "../../harness/browsers.mjs";
import { runCall, serveCall } from "../../call/call.mjs";
import { eachBrowser, TOGETHER, usePage } from "./common.mjs";

/**
 * Things may take at most 30 times longer than the goals. Only a fault takes longer, not a slow
 * machine.
 */
const PATIENCE = 30;

describe("groups in one page", TOGETHER, () => {
  eachBrowser((name) => {
    const { run } = usePage(name, "group.html");

    test("an application that changes one option sees a call as before, and epochs", async () => {
      const { code, ...found } = await run("exchange");
      assert.match(code, /^\d{5}( \d{5}){5}$/);
      assert.deepEqual(found, {
        talk: true,
        after: true,
        pair: true,
        removed: false,
        refused: { code: "bad-bundle", index: 1 },
        codes: { keys: "bad-argument", passphrase: "bad-argument", long: "bad-argument" },
        stats: { hybrid: true, classic: [], members: 2 },
        keyed: true,
        hybrid: true,
        changed: true,
        told: true,
        sameNumber: true,
      });
    });

    test("a new worker enters the group again by itself", async () => {
      assert.deepEqual(await run("worker dies"), { talk: true, restarts: 1, newer: true });
    });

    test("a device without the passphrase stays out", async () => {
      assert.deepEqual(await run("passphrase"), { talk: true, heard: false });
    });

    test("a transport that orders messages decides which commits hold", async () => {
      assert.deepEqual(await run("ordered"), { talk: true, sent: true });
    });

    test("a call without a device, or with a suite that its device forbids, is refused", async () => {
      const refused = { "no device": "bad-argument", "classic suite": "bad-argument" };
      assert.deepEqual(await run("refused"), refused);
    });
  });
});

describe("groups of three browsers", () => {
  let server;
  const browsers = {};
  before(async () => {
    server = await serveCall();
    const names = { a: "chromium", b: "firefox", c: "chromium" };
    await Promise.all(
      Object.entries(names).map(async ([side, name]) => (browsers[side] = await launch(name))),
    );
  });
  after(async () => {
    await Promise.all(Object.values(browsers).map((browser) => browser.close()));
    await server?.close();
  });
  const run = (options) => {
    const media = { codec: "vp8", via: "direct", seconds: 2, labels: { video: "", audio: "" } };
    const common = { group: "mls", members: 3, patience: PATIENCE, say: () => {} };
    return runCall({ ...media, ...common, ...options }, { server, browsers });
  };
  const works = ({ unmet, plaintextFrames, foreignFrames, ...result }) => {
    assert.deepEqual(unmet, []);
    assert.equal(plaintextFrames + foreignFrames, 0);
    assert.ok(result.decoded.video > 0 && result.audioHeard && result.epochs >= 3);
  };

  test("three members exchange pictures and sound", async () => {
    works(await run({}));
  });

  test("leave: a removed member opens nothing, and the others continue", async () => {
    const result = await run({ scenario: "leave" });
    works(result);
    assert.equal(result.removedOpened, 0);
  });

  test("late: a joiner opens frames from after its join and none from before", async () => {
    const result = await run({ scenario: "late" });
    works(result);
    assert.equal(result.joinerOpenedEarlier, 0);
  });

  test("rejoin: a reloaded tab gets media again with the same device", async () => {
    works(await run({ scenario: "rejoin" }));
  });
});
