// Chromium, headless, on the bench's page; and what its processes spend.
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import puppeteer from "puppeteer-core";
import { Stop } from "../scripts/steps.mjs";

const NAMES = ["chromium", "chromium-browser", "google-chrome"];
const ARGS = [
  "--no-sandbox", // as root, in containers
  "--disable-background-networking",
  "--disable-background-timer-throttling",
  "--disable-backgrounding-occluded-windows",
  "--disable-component-update",
  "--disable-gpu",
  "--disable-renderer-backgrounding",
  "--no-first-run",
];

/** A fresh browser process on `url`, for the time that `work(page, browser)` takes. */
export async function withPage(url, work) {
  const browser = await launch();
  try {
    const page = await browser.newPage();
    page.on("pageerror", (error) => console.error(`page: ${error?.message ?? error}`));
    page.on("console", (message) => console.error(`page: ${message.text()}`));
    await page.goto(url, { waitUntil: "load" });
    await page.waitForFunction("globalThis.bench !== undefined");
    return await work(page, browser);
  } finally {
    await browser.close();
  }
}

function launch() {
  const settings = { headless: true, protocolTimeout: 600_000 };
  return puppeteer.launch({ ...settings, executablePath: find(), args: ARGS });
}

function find() {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const paths = folders.flatMap((folder) => NAMES.map((name) => join(folder, name)));
  const path = [process.env.CHROMIUM, ...paths].find((path) => path && existsSync(path));
  if (!path)
    throw new Stop("The bench needs Chromium (or name it in CHROMIUM). On Debian: apt install chromium");
  return path;
}
