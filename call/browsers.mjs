// Starts the two browsers that this machine has, headless, with made-up media. Every process that
// is started here is ended here, whatever happens in between.
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import puppeteer from "puppeteer-core";

const CHROMIUM = {
  env: "CHROMIUM",
  names: ["chromium", "chromium-browser", "google-chrome"],
  args: [
    "--no-sandbox", // tests run as root in containers
    "--allow-loopback-in-peer-connection",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-background-networking",
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-component-update",
    "--disable-features=WebRtcHideLocalIpsWithMdns",
    "--disable-gpu",
    "--disable-quic",
    "--disable-renderer-backgrounding",
    "--disable-sync",
    "--no-first-run",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
  ],
};

const FIREFOX = {
  env: "FIREFOX",
  names: ["firefox-esr", "firefox"],
  prefs: {
    "app.normandy.enabled": false,
    "app.update.enabled": false,
    "browser.safebrowsing.malware.enabled": false,
    "browser.safebrowsing.phishing.enabled": false,
    "datareporting.healthreport.uploadEnabled": false,
    "dom.min_background_timeout_value": 4,
    "extensions.update.enabled": false,
    "media.autoplay.block-webaudio": false,
    "media.autoplay.blocking_policy": 0,
    "media.autoplay.default": 0,
    "media.cubeb.force_mock_context": true, // without a sound card AudioContext never runs
    "media.gmp-manager.updateEnabled": false,
    "media.gmp-manager.url": "",
    "media.navigator.permission.disabled": true,
    "media.navigator.streams.fake": true,
    "media.peerconnection.ice.loopback": true,
    "media.peerconnection.ice.obfuscate_host_addresses": false,
    "network.captive-portal-service.enabled": false,
    "network.connectivity-service.enabled": false,
    "services.settings.server": "http://127.0.0.1:9/",
    "toolkit.telemetry.enabled": false,
  },
};

const LAUNCH_LIMIT = 45_000;
const CLOSE_LIMIT = 5_000;

/** @param {"chromium" | "firefox"} name @returns the browser, with a `close()` that always ends it */
export async function launch(name) {
  const common = { headless: true, timeout: LAUNCH_LIMIT, protocolTimeout: 60_000 };
  const browser = await (name === "firefox"
    ? puppeteer.launch({ ...common, browser: "firefox", executablePath: find(FIREFOX), extraPrefsFirefox: FIREFOX.prefs })
    : puppeteer.launch({ ...common, executablePath: find(CHROMIUM), args: CHROMIUM.args }));
  return { name, version: await browser.version(), page: (url) => newPage(browser, url), close: () => end(browser) };
}

/** A page, and all that it said: console lines and uncaught errors. */
async function newPage(browser, url) {
  const page = await browser.newPage();
  const lines = [];
  page.on("console", (message) => lines.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => lines.push(`pageerror: ${error?.message ?? error}`));
  await page.goto(url, { waitUntil: "load" });
  return Object.assign(page, { lines });
}

/** Politely, then not. */
async function end(browser) {
  const process = browser.process();
  const gone = new Promise((done) => (process && process.exitCode === null ? process.once("exit", done) : done()));
  const late = new Promise((done) => setTimeout(done, CLOSE_LIMIT).unref());
  await Promise.race([browser.close().catch(() => {}), late]);
  if (process?.exitCode === null && process.signalCode === null) kill(process);
  await Promise.race([gone, new Promise((done) => setTimeout(done, CLOSE_LIMIT).unref())]);
}

/** puppeteer starts a browser as the head of its own process group. */
function kill(process) {
  try {
    globalThis.process.kill(-process.pid, "SIGKILL");
  } catch {
    process.kill("SIGKILL");
  }
}

function find({ env, names }) {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const paths = folders.flatMap((folder) => names.map((name) => join(folder, name)));
  const path = [process.env[env], ...paths].find((path) => path && existsSync(path));
  if (!path) throw new Error(`no ${names[0]} here: install it, or name it in ${env}`);
  return path;
}
