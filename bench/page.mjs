// Opens the page of the bench in Chromium.
import { launch } from "../harness/browsers.mjs";

/** Opens the page in a fresh browser process, for the time that `work(page)` takes. */
export async function withPage(url, work) {
  const browser = await launch("chromium");
  try {
    const page = await browser.page(`${url}bench/index.html`);
    const report = (line) => console.error(`page: ${line}`);
    page.lines.forEach(report);
    page.on("pageerror", (error) => report(error?.message ?? error));
    page.on("console", (message) => report(message.text()));
    await page.waitForFunction("globalThis.bench !== undefined");
    return await work(page);
  } finally {
    await browser.close();
  }
}
