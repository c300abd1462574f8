// A server with the strict headers, a browser and a page, which are closed at the end.
import { after, before, describe } from "node:test";
import { fileURLToPath } from "node:url";
import { launch } from "../../harness/browsers.mjs";
import { sleep } from "../../harness/sleep.js";
import { serve } from "../../harness/serve.mjs";

const folder = (path) => fileURLToPath(new URL(path, import.meta.url));
const ROOTS = {
  "/tests/": folder("."),
  "/target/test/": folder("../../target/test/"),
  "/vectors/": folder("../vectors/"),
};

/**
 * Options of the `describe` around `eachBrowser`. Both browsers run at once, because tests mostly
 * wait.
 */
export const TOGETHER = { concurrency: true };

/**
 * A suite for each browser. Its tests run one after the other.
 * @param {(name: "chromium" | "firefox") => void} suite
 */
export function eachBrowser(suite) {
  for (const name of ["chromium", "firefox"])
    describe(name, { concurrency: false }, () => suite(name));
}

/**
 * In a `describe`: opens a page of `pages/` before the tests. `options` returns more options of the
 * server.
 * @returns `run`, which runs a scenario of the page, and more
 */
export function usePage(browserName, file, options = () => ({})) {
  const used = {};
  before(async () => {
    used.server = await serve({ roots: ROOTS, ...options() });
    used.browser = await launch(browserName);
    used.page = await openPage(used, file);
  });
  after(async () => {
    await used.browser?.close();
    await used.server?.close();
  });
  const run = (scenario, argument) => ask(used.page, scenario, argument);
  return {
    ...{ run, lines: () => used.page.lines, open: (other) => openPage(used, other) },
    evaluate: (text) => used.page.evaluate(text),
  };
}

/** Runs a scenario of a page. @returns what it returns */
export function ask(page, scenario, argument) {
  return page.evaluate(
    (scenario, argument) => globalThis.scenarios[scenario](argument),
    scenario,
    argument,
  );
}

/** The codes of the events of these types. */
export function codes(events, ...types) {
  return events.filter(({ type }) => types.includes(type)).map(({ code }) => code);
}

async function openPage({ server, browser }, file) {
  const page = await browser.page(`${server.url}tests/pages/${file}`);
  for (let i = 0; i < 1200; i++) {
    if (await page.evaluate(() => globalThis.ready)) return page;
    await sleep(50);
  }
  throw new Error(`${file} did not get ready: ${page.lines.join("\n")}`);
}
