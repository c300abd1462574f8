// A server with the strict headers, a browser, a page; all of it gone at the end.
import { after, before } from "node:test";
import { fileURLToPath } from "node:url";
import { launch } from "../../call/browsers.mjs";
import { sleep } from "../../call/sleep.js";
import { serve } from "../../www/serve.mjs";

const folder = (path) => fileURLToPath(new URL(path, import.meta.url));
const ROOTS = { "/tests/": folder("."), "/target/test/": folder("../../target/test/"), "/vectors/": folder("../vectors/") };

/**
 * In a `describe`: opens a page of `pages/` there once; returns what runs its scenarios. `options` gives
 * more options of the server.
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
  const run = (scenario, argument) =>
    used.page.evaluate((scenario, argument) => globalThis.scenarios[scenario](argument), scenario, argument);
  return { run, lines: () => used.page.lines, open: (other) => openPage(used, other) };
}

/** The codes of what was heard, of these types. */
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
