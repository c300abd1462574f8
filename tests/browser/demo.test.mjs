// The demo's room: three members in each browser, and both browsers in one room.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { WebSocket } from "ws";
import { launch } from "../../harness/browsers.mjs";
import { serve } from "../../harness/serve.mjs";
import { eachBrowser } from "./common.mjs";
import {
  allGood,
  deviceOf,
  enter,
  goesOn,
  isQuiet,
  isVisible,
  join,
  moves,
  number,
  open,
  press,
  reason,
  shows,
  stands,
  text,
  tile,
  until,
} from "./demo-page.mjs";

const NAMES = ["Ann", "Ben", "Cho"];

let server;
before(async () => (server = await serve()));
after(() => server?.close());

/** The address of a room that no other test uses. */
function newRoom() {
  return `${server.url}#${randomUUID()}`;
}

eachBrowser((browserName) => {
  describe("three members", () => {
    let browser, ann, ben, cho, url;
    before(async () => {
      browser = await launch(browserName);
      url = newRoom();
      ann = await join(browser, url, "Ann");
      await shows(ann, "#status", "Waiting for others");
      // Firefox blocks windows that no user asked for.
      ben = await (browserName === "chromium" ? otherOf(ann, "Ben") : join(browser, url, "Ben"));
      cho = await join(browser, url, "Cho");
      await allGood(ann, ben, cho);
    });
    after(() => browser?.close());

    test("all pictures move at all members, and all tiles say sealed", async () => {
      for (const [page, own] of [
        [ann, "Ann"],
        [ben, "Ben"],
        [cho, "Cho"],
      ]) {
        const others = NAMES.filter((name) => name !== own);
        await moves(page, tile(`${own} (you)`, "video"), "#bytes");
        await moves(page, ...others.map((name) => tile(name, "video")));
        for (const name of [...others, `${own} (you)`])
          await shows(page, tile(name, ".state"), "Sealed");
      }
    });

    test("each member shows the device ids of the others", async () => {
      assert.match(await text(ann, "#my-id"), /^([0-9a-f]{4} ){7}[0-9a-f]{4}$/);
      assert.equal(await text(ann, "#my-id"), await idOf(ben, "Ann"));
      assert.equal(await text(ben, "#my-id"), await idOf(cho, "Ben"));
      assert.equal(await text(cho, "#my-id"), await idOf(ann, "Cho"));
    });

    test("the wire appears in hex with its parts marked", async () => {
      const [ben_, own] = [await deviceOf(ann, "Ben"), await deviceOf(ann, "Ann (you)")];
      for (const [stream, window] of [
        [`${ben_} camera`, /^(1 byte|10 bytes)$/],
        [`${own} microphone`, /^no bytes$/],
      ]) {
        await ann.select("#stream", stream);
        await shows(ann, "#say-window", window);
        assert.match(await text(ann, "#say-header"), /^key [0-9a-f]+, frame [\d,]+$/);
        assert.equal(await text(ann, "#say-tag"), "16 bytes");
        assert.match(await text(ann, "#hex-tag"), /^([0-9a-f]{2} ?){16}$/);
      }
    });

    test("any tile shows what the server sees, alone or all at once", async () => {
      await press(ann, tile("Cho", ".view"));
      await moves(ann, tile("Cho", "canvas"));
      assert.equal(await isVisible(ann, tile("Ben", "canvas")), false);
      assert.match(await ann.$eval("#stream", (list) => list.value), / camera$/);
      await press(ann, tile("Cho", ".view"));
      await press(ann, "#all-bytes");
      await moves(ann, tile("Ann (you)", "canvas"), tile("Ben", "canvas"), tile("Cho", "canvas"));
      await press(ann, "#all-bytes");
      assert.equal(await isVisible(ann, tile("Cho", "canvas")), false);
    });

    test("counters grow, and each frame grows by about twenty bytes", async () => {
      const from = await deviceOf(ann, "Ben");
      const rows = ["seal-camera", "seal-microphone", `open-camera-${from}`];
      for (const row of [...rows, `open-microphone-${from}`]) {
        const cell = (column) => `[data-row="${row}"] .${column}`;
        await until(async () => (await number(ann, cell("frames"))) > 20, row);
        const overhead = Number.parseFloat(await text(ann, cell("overhead")));
        assert.ok(overhead > 18 && overhead < 25, `${row}: ${overhead}`);
      }
      await shows(ann, "#p50-seal", /^\d/);
      await shows(ann, "#p99-open", /^\d/);
      await shows(ann, "#now-added", /^\d/);
    });

    test("a video player cannot play sealed frames", async () => {
      await ann.select("#stream", `${await deviceOf(ann, "Ben")} camera`);
      if (!(await isVisible(ann, "#decode"))) return; // the browser has no WebCodecs
      await press(ann, "#decode");
      await shows(ann, "#attempt", /^\d+ frames tried, /);
      await press(ann, "#decode");
      await shows(ann, "#attempt", /^each byte a pixel/);
    });

    test("the picture can change within one sealed stream", async () => {
      const before = await text(ann, "#source");
      await press(ann, "#source");
      await until(async () => (await text(ann, "#source")) !== before, "nothing changed");
      await moves(ann, tile("Ann (you)", "video"));
      await moves(ben, tile("Ann", "video"));
      await allGood(ann, ben, cho);
    });

    test("a muted member is shown as muted, and the one who is heard as speaking", async () => {
      await press(cho, "#mute");
      await shows(ann, tile("Cho", ".badge"), "muted");
      await shows(ann, tile("Ben", ".badge"), "speaking");
      await press(cho, "#mute");
      await shows(ann, tile("Cho", ".badge"), /^(speaking)?$/);
    });

    test("two members see the same number, and a mark outlasts a reload", async () => {
      const [one, other] = [await numberFor(ann, "Ben"), await numberFor(ben, "Ann")];
      assert.match(one, /^(\d{5} ){11}\d{5}$/);
      assert.equal(one, other);
      assert.notEqual(one, await numberFor(ann, "Cho"));
      await compare(ann, "Ben", "#compare-same");
      await compare(ann, "Cho", "#compare-other");
      await ann.reload();
      await allGood(ann, ben, cho);
      await shows(ann, trustOf(await deviceOf(ann, "Ben"), ".mark"), "Compared: the same");
      await shows(ann, trustOf(await deviceOf(ann, "Cho"), ".mark"), "The numbers differ");
      await shows(ann, tile("Ben", ".badge"), /compared/);
      await compare(ann, "Cho", "#compare-same");
    });

    test("the timeline tells who came back and who seals with a new key", async () => {
      await shows(ben, "#events", /Ann left\./);
      await shows(ben, "#events", /Ann came back\./);
      await shows(ben, "#events", /Ann seals with a new key: [0-9a-f]+/);
    });

    test("after a removal the member's tile ends at the others, and it opens nothing more", async () => {
      await press(ann, tile("Cho", ".remove"));
      for (const page of [ann, ben]) {
        await shows(page, tile("Cho", ".state"), "Removed by Ann");
        assert.equal(await isVisible(page, tile("Cho", "video")), false);
      }
      await shows(cho, "#status", "Ann removed you");
      for (const name of ["Ann", "Ben"]) {
        await stands(cho, name);
        await shows(cho, tile(name, ".veil"), /does not have/);
      }
      await allGood(ann, ben);
      await goesOn(ann, "Ben");
    });

    test("a removed member opens frames again once it is let in", async () => {
      await press(ben, tile("Cho", ".remove"));
      await allGood(ann, ben, cho);
      for (const page of [ann, ben]) await goesOn(page, "Cho");
      for (const name of ["Ann", "Ben"]) await goesOn(cho, name);
    });

    test("a member leaves and returns", async () => {
      await press(cho, "#leave");
      await until(async () => !(await ann.$(tile("Cho"))), "the tile stays");
      await shows(ann, "#events", /Cho left\./);
      await allGood(ann, ben);
      await enter(cho, "Cho");
      await allGood(ann, ben, cho);
    });

    test("the call outlives the relay, and all meet again on the next one", async () => {
      const { port } = server;
      await server.close();
      await Promise.all([ann, ben, cho].map((one) => shows(one, "#events", /server is gone/)));
      await goesOn(ann, "Ben");
      server = await serve({ port });
      await until(async () => /in the room, with/.test(await text(ann, "#events")), "no return");
      await allGood(ann, ben, cho);
    });

    test("nothing is written to the console, and the policy is not violated", async () => {
      // The lost relay is an error that browsers write by themselves.
      for (const page of [ann, ben, cho])
        page.lines.splice(0, page.lines.length, ...page.lines.filter((line) => !isRelay(line)));
      await isQuiet(ann, ben, cho);
    });

    test("the member that is left alone waits again", async () => {
      await ben.close();
      await cho.close();
      await shows(ann, "#status", "Waiting for others");
      assert.equal(await ann.$eval("#do-rotate", (button) => button.disabled), true);
    });
  });
});

describe("Chromium and Firefox in one room", () => {
  let browsers, one, two;
  before(async () => {
    browsers = await Promise.all(["chromium", "firefox"].map(launch));
    const url = newRoom();
    one = await join(browsers[0], url, "Ann");
    two = await join(browsers[1], url, "Ben");
    await allGood(one, two);
  });
  after(async () => {
    for (const browser of browsers ?? []) await browser.close();
  });

  test("both pictures move on both sides", async () => {
    await moves(one, tile("Ann (you)", "video"), tile("Ben", "video"), "#bytes");
    await moves(two, tile("Ben (you)", "video"), tile("Ann", "video"), "#bytes");
    await shows(two, "#hex-tag", /^([0-9a-f]{2} ?){16}$/);
  });

  test("a new key works in Firefox", async () => {
    await press(two, "#do-rotate");
    await shows(two, "#outcome-rotate", /became \w+\. The others refused 0 frames\.$/);
    await allGood(one, two);
  });

  test("after a removal in Chromium, Firefox opens nothing", async () => {
    await press(one, tile("Ben", ".remove"));
    await stands(two, "Ann");
    await press(one, tile("Ben", ".remove"));
    await allGood(one, two);
  });

  test("a wrong key and flipped bits stop the picture in Firefox", async () => {
    for (const id of ["wrong", "flip"]) {
      await press(two, `#do-${id}`);
      await shows(two, "#status", "Frames of Ann do not open here");
      await stands(two, "Ann");
      await press(two, `#do-${id}`);
      await allGood(one, two);
    }
    assert.ok((await reason(two, "open authentication-failed")) > 0);
  });

  test("nothing is written to the console, and the policy is not violated", () =>
    isQuiet(one, two));
});

describe("a full room", () => {
  let browser;
  before(async () => (browser = await launch("chromium")));
  after(() => browser?.close());

  test("a seventh visitor sees that the room is full, and gets in once somebody left", async () => {
    const url = newRoom();
    const room = new URL(url).hash.slice(1);
    const relay = `${server.url.replace("http", "ws")}relay?room=${room}-devices`;
    const places = Array.from({ length: 6 }, () => new WebSocket(relay));
    await Promise.all(places.map((place) => new Promise((done) => (place.onopen = done))));
    const seventh = await open(browser, url);
    await enter(seventh, "Gil");
    await shows(seventh, "#problem", "Six others are in this room already.");
    places[0].close();
    await until(async () => {
      if (await isVisible(seventh, "#form")) await enter(seventh, "Gil");
      return /in the room, with 5 more/.test(await text(seventh, "#events"));
    }, "no place became free");
    places.forEach((place) => place.close());
  });
});

/** Opens another member with the link of the first one, as a visitor does. */
async function otherOf(page, name) {
  const opened = new Promise((done) => page.browser().once("targetcreated", done));
  await press(page, "#other");
  const other = await (await opened).page();
  other.lines = [];
  other.on("console", (message) => other.lines.push(`${message.type()}: ${message.text()}`));
  other.on("pageerror", (error) => other.lines.push(`pageerror: ${error.message}`));
  await other.evaluate(() => (globalThis.violations = []));
  await enter(other, name);
  return other;
}

async function idOf(page, name) {
  return text(page, trustOf(await deviceOf(page, name), "code"));
}

function trustOf(device, inside) {
  return `#trust [data-device="${device}"] ${inside}`;
}

/** The number that the page shows for a pair. */
async function numberFor(page, name) {
  const button = trustOf(await deviceOf(page, name), "button");
  await press(page, button);
  const number = await text(page, "#compare-number");
  await press(page, "#compare-later");
  return number;
}

async function compare(page, name, answer) {
  await press(page, trustOf(await deviceOf(page, name), "button"));
  await press(page, answer);
}

function isRelay(line) {
  return /relay|WebSocket/i.test(line);
}
