// A member in the demo's room, as a test drives it.
import assert from "node:assert/strict";
import { sleep } from "../../harness/sleep.js";

export const GOOD = "Every frame sealed, both ways";
/** Milliseconds between two looks of a page at its counters. */
const LOOK = 1_000;
/** Frames that show that something goes on. */
const SOME = 5;

/** Opens the demo, records violations of its policy, and joins. */
export async function join(browser, url, name) {
  const page = await open(browser, url);
  await enter(page, name);
  return page;
}

/** A page of the demo in front of the room. */
export async function open(browser, url) {
  const page = await browser.page("about:blank");
  await page.evaluateOnNewDocument(watchPolicy);
  await page.goto(url);
  return page;
}

/** Fills in the form. */
export async function enter(page, name) {
  await until(() => isVisible(page, "#form"), "the form does not come");
  await page.$eval("#name", (input, name) => (input.value = name), name);
  await press(page, "#join");
}

export function watchPolicy() {
  globalThis.violations = [];
  const note = ({ violatedDirective, blockedURI }) =>
    globalThis.violations.push(`${violatedDirective} ${blockedURI}`);
  document.addEventListener("securitypolicyviolation", note);
}

/** Nothing is on the console, and the policy is not violated. */
export async function isQuiet(...pages) {
  for (const page of pages) {
    assert.deepEqual(page.lines, []);
    if (page.isClosed()) continue;
    assert.deepEqual(await page.evaluate(() => globalThis.violations), []);
  }
}

/** Clicks in a hidden tab too. There puppeteer's own click would wait for a paint. */
export function press(page, selector) {
  return page.$eval(selector, (button) => button.click());
}

export function text(page, selector) {
  return page.$eval(selector, (element) => element.textContent.trim());
}

export function isVisible(page, selector) {
  return page.$eval(selector, (element) => element.checkVisibility());
}

/** The selector of a member's tile, or of something in it. */
export function tile(name, inside = "") {
  return `[data-name="${name}"] ${inside}`.trim();
}

/** The id of a member's device. */
export function deviceOf(page, name) {
  return page.$eval(tile(name), (element) => element.dataset.device);
}

/** How many frames of a member's picture were opened. */
export async function opened(page, name) {
  return number(page, `[data-row="open-camera-${await deviceOf(page, name)}"] .frames`);
}

/** Counts above 999 have commas. */
export async function number(page, selector) {
  return Number((await text(page, selector)).replaceAll(",", ""));
}

/** How many frames were dropped for this reason, such as "open unknown-key". */
export async function reason(page, key) {
  const selector = `#reasons [data-key="${key}"] b`;
  return (await page.$(selector)) ? number(page, selector) : 0;
}

/** Waits until the text of the element equals or matches `expected`. */
export async function shows(page, selector, expected) {
  let last;
  const fits = async () => {
    last = (await page.$(selector)) ? await text(page, selector) : "nothing";
    return expected instanceof RegExp ? expected.test(last) : last === expected;
  };
  await until(fits, () => `${selector} says "${last}" instead of ${expected}`);
}

/** Waits until every page says that all is sealed. */
export function allGood(...pages) {
  return Promise.all(pages.map((page) => shows(page, "#status", GOOD)));
}

export async function until(condition, what, limit = 180_000) {
  const end = Date.now() + limit;
  while (!(await condition())) {
    if (Date.now() > end) assert.fail(typeof what === "function" ? what() : what);
    await sleep(100);
  }
}

/** Waits until no further picture of the member opens on the page. */
export async function stands(page, name) {
  let before;
  await until(async () => {
    before = await opened(page, name);
    await sleep(LOOK + 500);
    return before === (await opened(page, name));
  }, `frames of ${name} go on to open`);
}

/** Waits until further pictures of the member open on the page. */
export async function goesOn(page, name) {
  const before = await opened(page, name);
  await until(
    async () => (await opened(page, name)) >= before + SOME,
    `no further frame of ${name} opens`,
  );
}

/** Waits until each picture changes. The tab comes to the front, because a hidden tab may not paint. */
export async function moves(page, ...selectors) {
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
