// The demo for everybody: axe-core on each state of the page, the keyboard, and narrow and wide
// screens.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { launch } from "../../harness/browsers.mjs";
import { serve } from "../../harness/serve.mjs";
import { eachBrowser } from "./common.mjs";
import {
  allGood,
  deviceOf,
  isQuiet,
  isVisible,
  join,
  open,
  press,
  shows,
  tile,
  until,
} from "./demo-page.mjs";

const AXE = readFileSync(fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf8");
const SERIOUS = ["serious", "critical"];
const WIDTHS = [360, 768, 1024, 1440, 1920];

let server;
before(async () => (server = await serve()));
after(() => server?.close());

eachBrowser((browserName) => {
  let browser, ann, ben;
  before(async () => {
    browser = await launch(browserName);
  });
  after(() => browser?.close());

  test("the form in front of the room has no serious violation", async () => {
    ann = await open(browser, `${server.url}#${randomUUID()}`);
    await until(() => isVisible(ann, "#form"), "the form does not come");
    await isFair(ann, "form");
  });

  test("axe-core finds a violation that is planted", async () => {
    const planted = () => document.body.append(document.createElement("button"));
    await ann.evaluate(planted);
    await assert.rejects(isFair(ann, "planted"), /button-name/);
    await ann.evaluate(() => document.body.lastElementChild.remove());
    await ann.bringToFront();
    await ann.$eval("#name", (input) => input.focus());
  });

  test("the room is entered by keyboard alone", async () => {
    await ann.bringToFront();
    assert.equal(await focused(ann), "name");
    await ann.keyboard.press("End");
    await ann.keyboard.type(" A");
    await ann.keyboard.press("Enter");
    await shows(ann, "#status", "Waiting for others");
    await isFair(ann, "room alone");
    ben = await join(browser, ann.url(), "Ben");
    await allGood(ann, ben);
  });

  test("a room with others has no serious violation", () => isFair(ann, "room"));

  test("numbers are compared by keyboard, and the focus returns", async () => {
    await ann.bringToFront();
    await reach(ann, `#trust [data-device="${await deviceOf(ann, "Ben")}"] button`);
    await ann.keyboard.press("Enter");
    assert.equal(await isVisible(ann, "#compare"), true);
    await isFair(ann, "dialog");
    await ann.keyboard.press("Escape");
    assert.equal(await isVisible(ann, "#compare"), false);
    await ann.keyboard.press("Enter");
    await reach(ann, "#compare-same");
    await ann.keyboard.press("Enter");
    await shows(ann, "#trust .mark", "Compared: the same");
    assert.match(await focused(ann, "aria-label"), /with Ben$/);
  });

  test("every control is reached by the Tab key, and is a control with a name", async () => {
    await ann.bringToFront();
    const wanted = await ann.$$eval(
      "button, select, input, a[href]",
      (all) => all.filter((one) => one.checkVisibility() && !one.disabled).length,
    );
    const met = await walk(ann, 2 * wanted);
    assert.ok(met.length >= wanted, `${met.length} of ${wanted}: ${met}`);
    assert.deepEqual(
      met.filter((name) => name === ""),
      [],
    );
  });

  test("an experiment, a removal and a tile as bytes by keyboard, without serious violation", async () => {
    await ann.bringToFront();
    await reach(ann, "#do-flip");
    await ann.keyboard.press(" ");
    await shows(ann, "#verdict-flip", "As it should be.");
    await isFair(ann, "experiment");
    await reach(ann, "#do-flip");
    await ann.keyboard.press(" ");
    await allGood(ann, ben);
    await reach(ann, tile("Ben", ".view"));
    await ann.keyboard.press(" ");
    assert.equal(await isVisible(ann, tile("Ben", "canvas")), true);
    await reach(ann, tile("Ben", ".remove"));
    await ann.keyboard.press("Enter");
    await shows(ann, tile("Ben", ".state"), /^Removed by/);
    await shows(ben, "#status", /removed you$/);
    await isFair(ann, "removed");
    await isFair(ben, "expelled");
    await press(ann, tile("Ben", ".remove"));
    await allGood(ann, ben);
  });

  test("no width from 360 to 1920 px needs scrolling sideways", async () => {
    for (const width of WIDTHS) {
      await ann.setViewport({ width, height: 800 });
      const wide = await ann.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(wide <= 0, `${width} px: ${wide} px too wide`);
    }
  });

  test("what changes is announced politely, and what warns at once", async () => {
    const roles = await ann.evaluate(() =>
      ["status", "problem", "warnings"].map((id) => document.getElementById(id).role),
    );
    assert.deepEqual(roles, ["status", "alert", "alert"]);
    assert.equal(await ann.$eval(".log", (log) => log.role), "log");
    assert.equal(await ann.$eval("#verdict-flip", (verdict) => verdict.role), "status");
  });

  test("nothing is written to the console, and the policy is not violated", () =>
    isQuiet(ann, ben));
});

/** No serious violation, in light and in dark. */
async function isFair(page, state) {
  await page.bringToFront();
  for (const scheme of ["light", "dark"]) {
    if (!(await turn(page, scheme))) continue;
    await page.evaluate(AXE);
    const found = await page.evaluate(async () => {
      const { violations } = await globalThis.axe.run(document, { resultTypes: ["violations"] });
      return violations.map(({ id, impact, nodes }) => ({
        id,
        impact,
        nodes: nodes.map(({ html, failureSummary }) => `${html.slice(0, 160)} ${failureSummary}`),
      }));
    });
    const serious = found.filter(({ impact }) => SERIOUS.includes(impact));
    assert.deepEqual(serious, [], `${state}, ${scheme}`);
  }
}

/** Puts the page into light or dark. @returns whether the browser can be told to */
async function turn(page, scheme) {
  try {
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
  } catch {
    // Firefox cannot be told over WebDriver BiDi. It is tested as it starts.
    return scheme === "light";
  }
  return true;
}

function focused(page, attribute = "id") {
  return page.evaluate((name) => document.activeElement.getAttribute(name) ?? "", attribute);
}

/** Presses Tab, or Shift and Tab, until the element has the focus. */
async function reach(page, selector) {
  const where = () =>
    page.$eval(selector, (element) => {
      if (element === document.activeElement) return "here";
      const position = document.activeElement.compareDocumentPosition(element);
      return position & Node.DOCUMENT_POSITION_PRECEDING ? "before" : "behind";
    });
  for (let i = 0; i < 80; i++) {
    const place = await where();
    if (place === "here") return;
    if (place === "before") await page.keyboard.down("Shift");
    await page.keyboard.press("Tab");
    if (place === "before") await page.keyboard.up("Shift");
  }
  assert.fail(`${selector} is not reached, the focus is at ${await focused(page)}`);
}

/** All names that one hears on the way from the first element to the last. */
async function walk(page, steps) {
  await page.evaluate(() => {
    document.activeElement.blur();
    scrollTo(0, 0);
  });
  const met = new Map();
  for (let i = 0; i < steps; i++) {
    await page.keyboard.press("Tab");
    const [key, name] = await page.evaluate(() => {
      const element = document.activeElement;
      if (element === document.body) return ["", ""];
      globalThis.order ??= new Map();
      if (!globalThis.order.has(element)) globalThis.order.set(element, `${globalThis.order.size}`);
      const label = element.labels?.[0]?.textContent;
      const by = document.getElementById(element.getAttribute("aria-labelledby"))?.textContent;
      const name = element.getAttribute("aria-label") ?? by ?? label ?? element.textContent;
      return [globalThis.order.get(element), name.trim()];
    });
    if (key !== "") met.set(key, name);
  }
  return [...met.values()];
}
