// The demo: a call between two tabs, a call between two browsers, and each button.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { launch } from "../../harness/browsers.mjs";
import { sleep } from "../../harness/sleep.js";
import { serve } from "../../harness/serve.mjs";

// Counts above 999 have commas, and a slow machine may reach them before a test looks.
const GOOD = "Every frame sealed, both ways";
const HERE = "Their frames do not open here";
const THERE = "Your frames do not open there";

let server, chromium, firefox;
before(async () => {
  server = await serve();
  [chromium, firefox] = await Promise.all(["chromium", "firefox"].map(launch));
});
after(async () => {
  for (const one of [chromium, firefox, server]) await one?.close();
});

describe("two tabs of Chromium", () => {
  let one, two;
  before(async () => {
    one = await open(chromium, server.url);
    two = await openOther(one);
    await both(GOOD);
  });
  after(() => one?.close());
  const both = (text) => Promise.all([one, two].map((page) => shows(page, "#status", text)));

  test("both pictures move on both sides", async () => {
    await moves(one, "#my-picture", "#their-picture", "#bytes");
    await moves(two, "#my-picture", "#their-picture", "#bytes");
  });

  test("each side shows the device id of the other", async () => {
    assert.match(await text(one, "#my-id"), /^([0-9a-f]{4} ){7}[0-9a-f]{4}$/);
    assert.equal(await text(one, "#my-id"), await text(two, "#their-id"));
    assert.equal(await text(one, "#their-id"), await text(two, "#my-id"));
  });

  test("the wire appears in hex with its parts marked", async () => {
    for (const [stream, window] of [
      ["open video", /^(1 byte|10 bytes)$/],
      ["seal audio", /^no bytes$/],
    ]) {
      await one.select("#stream", stream);
      await shows(one, "#say-window", window);
      assert.match(await text(one, "#say-header"), /^key [0-9a-f]+, frame [\d,]+$/);
      assert.equal(await text(one, "#say-tag"), "16 bytes");
      assert.match(await text(one, "#hex-tag"), /^([0-9a-f]{2} ?){16}$/);
    }
  });

  test("counters grow, and each frame grows by about twenty bytes", async () => {
    for (const row of ["seal-video", "seal-audio", "open-video", "open-audio"]) {
      await until(async () => (await number(one, `#row-${row} .frames`)) > 20, row);
      const overhead = Number.parseFloat(await text(one, `#row-${row} .overhead`));
      assert.ok(overhead > 18 && overhead < 25, `${row}: ${overhead}`);
    }
    await shows(one, "#p50-seal", /^p50 \d/);
    await shows(one, "#p99-open", /^p99 \d/);
  });

  test("a decoder cannot decode sealed frames", async () => {
    await press(one, "#decode");
    await shows(one, "#attempt", /^\d+ frames tried, /);
    await press(one, "#decode");
    await shows(one, "#attempt", "the same frames, each byte a pixel");
  });

  test("the picture can change within one sealed stream", async () => {
    await press(one, "#source");
    await shows(one, "#my-source", "a picture and a tone made here");
    await moves(one, "#my-picture");
    await moves(two, "#their-picture");
    await both(GOOD);
  });

  test("rotate changes the key, and no frame is lost", async () => {
    await press(one, "#do-rotate");
    await shows(
      one,
      "#outcome-rotate",
      /^Key (\w+) became (?!\1)\w+\. Frames refused over there since: 0\.$/,
    );
    const [, key] = /became (\w+)/.exec(await text(one, "#outcome-rotate"));
    await shows(two, "#events", new RegExp(`seals with key ${key} now`));
    await both(GOOD);
  });

  test("a removed side opens nothing until it is added again", async () => {
    await press(one, "#do-remove");
    await stands(two);
    await shows(two, "#held", /does not have/);
    await shows(one, "#outcome-remove", /^Over there ([5-9]|\d[\d,]+) of your frames/);
    await press(one, "#do-remove");
    await both(GOOD);
  });

  test("with a wrong key nothing opens on either side until the right key is back", async () => {
    const before = await reason(one, "open unknown-key");
    await press(one, "#do-wrong");
    await Promise.all([stands(one), stands(two)]);
    await shows(
      one,
      "#outcome-wrong",
      /^Refused since: ([5-9]|\d[\d,]+) frames here, ([5-9]|\d[\d,]+) over there/,
    );
    assert.ok((await reason(one, "open unknown-key")) > before);
    assert.ok((await reason(two, "open unknown-key")) > 0);
    await press(one, "#do-wrong");
    await both(GOOD);
  });

  test("every frame with a flipped bit is refused until the flipping stops", async () => {
    const before = await reason(one, "open authentication-failed");
    await press(one, "#do-flip");
    await Promise.all([stands(one), shows(two, "#status", THERE)]);
    await shows(
      one,
      "#outcome-flip",
      /^Since then ([5-9]|\d[\d,]+) frames were refused and \d+ shown/,
    );
    assert.ok((await reason(one, "open authentication-failed")) > before);
    await press(one, "#do-flip");
    await both(GOOD);
  });

  test("a reloaded page returns to the call", async () => {
    await two.evaluateOnNewDocument(watchPolicy);
    await two.reload();
    await both(GOOD);
    assert.deepEqual(await two.evaluate(() => globalThis.violations), []);
  });

  test("a third visitor sees that the room is full", async () => {
    const three = await open(chromium, one.url());
    await shows(three, "#status", "Two others are in this room already");
    await three.close();
    await both(GOOD);
  });

  test("the side that is left alone waits again", async () => {
    await two.close();
    await shows(one, "#status", "Waiting for the other side");
    assert.equal(await one.$eval("#do-rotate", (button) => button.disabled), true);
  });

  test("nothing is written to the console, and the policy is not violated", () => quiet(one, two));
});

describe("Chromium and Firefox", () => {
  let one, two;
  before(async () => {
    one = await open(chromium, server.url);
    two = await open(firefox, one.url());
    await both(GOOD);
  });
  const both = (text) => Promise.all([one, two].map((page) => shows(page, "#status", text)));

  test("both pictures move on both sides", async () => {
    await moves(one, "#my-picture", "#their-picture", "#bytes");
    await moves(two, "#my-picture", "#their-picture", "#bytes");
    await shows(two, "#hex-tag", /^([0-9a-f]{2} ?){16}$/);
  });

  test("rotate works in Firefox", async () => {
    await press(two, "#do-rotate");
    await shows(two, "#outcome-rotate", /became \w+\. Frames refused over there since: 0\.$/);
    await both(GOOD);
  });

  test("after a removal in Chromium, Firefox opens nothing", async () => {
    await press(one, "#do-remove");
    await stands(two);
    await press(one, "#do-remove");
    await both(GOOD);
  });

  test("a wrong key and flipped bits stop the picture in Firefox", async () => {
    for (const id of ["wrong", "flip"]) {
      await press(two, `#do-${id}`);
      await stands(two);
      await press(two, `#do-${id}`);
      await both(GOOD);
    }
    assert.ok((await reason(two, "open authentication-failed")) > 0);
  });

  test("nothing is written to the console, and the policy is not violated", () => quiet(one, two));
});

/** A page of the demo that records violations of its policy. */
async function open(browser, url) {
  const page = await browser.page("about:blank");
  await page.evaluateOnNewDocument(watchPolicy);
  await page.goto(url);
  return page;
}

/** Opens the other page with the button of the first one, as a visitor does. */
async function openOther(page) {
  await shows(page, "#status", "Waiting for the other side");
  const opened = new Promise((done) => page.browser().once("targetcreated", done));
  await page.click("#other");
  const other = await (await opened).page();
  other.lines = [];
  other.on("console", (message) => other.lines.push(`${message.type()}: ${message.text()}`));
  other.on("pageerror", (error) => other.lines.push(`pageerror: ${error.message}`));
  return other;
}

function watchPolicy() {
  globalThis.violations = [];
  const note = ({ violatedDirective, blockedURI }) =>
    globalThis.violations.push(`${violatedDirective} ${blockedURI}`);
  document.addEventListener("securitypolicyviolation", note);
}

async function quiet(...pages) {
  for (const page of pages) {
    assert.deepEqual(page.lines, []);
    if (!page.isClosed())
      assert.deepEqual(await page.evaluate(() => globalThis.violations ?? []), []);
  }
}

/** Clicks in a hidden tab too. There puppeteer's own click would wait for a paint. */
function press(page, selector) {
  return page.$eval(selector, (button) => button.click());
}

function text(page, selector) {
  return page.$eval(selector, (element) => element.textContent);
}

async function number(page, selector) {
  return Number((await text(page, selector)).replaceAll(",", ""));
}

/** How many frames were refused for this reason. */
async function reason(page, key) {
  const selector = `#reasons [data-key="${key}"] b`;
  return (await page.$(selector)) ? number(page, selector) : 0;
}

/** Waits until the text of the element equals or matches `expected`. */
async function shows(page, selector, expected) {
  let last;
  const fits = async () => {
    last = await text(page, selector);
    return expected instanceof RegExp ? expected.test(last) : last === expected;
  };
  await until(fits, () => `${selector} says "${last}" instead of ${expected}`);
}

async function until(condition, what, limit = 60_000) {
  const end = Date.now() + limit;
  while (!(await condition())) {
    if (Date.now() > end) assert.fail(typeof what === "function" ? what() : what);
    await sleep(100);
  }
}

/** Waits until the page reports unopened frames, holds the picture, and counts no new ones. */
async function stands(page) {
  await shows(page, "#status", HERE);
  assert.equal(await page.$eval("#theirs", (tile) => tile.dataset.picture), "held");
  let before;
  await until(async () => {
    before = await number(page, "#row-open-video .frames");
    await sleep(1_500); // the page counts once a second
    return before === (await number(page, "#row-open-video .frames"));
  }, "frames go on to open");
}

/** Waits until each picture changes. The tab comes to the front, because a hidden tab may not paint. */
async function moves(page, ...selectors) {
  await page.bringToFront();
  for (const selector of selectors) {
    const before = await page.evaluate(pixels, selector);
    await until(
      async () => (await page.evaluate(pixels, selector)) !== before,
      `${selector} does not move`,
    );
  }
}

/** The picture of a video or canvas in few pixels, as text. */
function pixels(selector) {
  const canvas = new OffscreenCanvas(64, 36);
  const pen = canvas.getContext("2d");
  pen.drawImage(document.querySelector(selector), 0, 0, 64, 36);
  return pen.getImageData(0, 0, 64, 36).data.join();
}
