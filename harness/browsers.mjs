// Starts the browsers of this machine, headless, with made-up media. This file ends every process
// that it started, whatever happens.
import puppeteer from "puppeteer-core";
import { needProgram } from "./find-program.mjs";
import { isPrivate } from "./network.mjs";

const CHROMIUM = {
  args: [
    "--no-sandbox", // tests run as root in containers
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
  loopback: ["--allow-loopback-in-peer-connection"],
};

const FIREFOX = {
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
    "media.peerconnection.ice.loopback": !isPrivate(),
    "media.peerconnection.ice.obfuscate_host_addresses": false,
    "network.captive-portal-service.enabled": false,
    "network.connectivity-service.enabled": false,
    "services.settings.server": "http://127.0.0.1:9/",
    "toolkit.telemetry.enabled": false,
  },
};

const LAUNCH_LIMIT = 120_000;
const CLOSE_LIMIT = 5_000;
const SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 };

/**
 * Browsers that are being started or run.
 * @type {Set<Promise<import("puppeteer-core").Browser>>}
 */
const running = new Set();

/**
 * @param {"chromium" | "firefox"} name
 * @returns the browser, with a `close()` that always ends it
 */
export async function launch(name) {
  for (const signal of Object.keys(SIGNALS))
    if (!process.listeners(signal).includes(leave)) process.on(signal, leave);
  const starting = start(name);
  running.add(starting);
  starting.catch(() => running.delete(starting));
  const browser = await starting;
  const atExit = () => kill(browser.process());
  process.once("exit", atExit);
  browser.process().once("exit", () => {
    running.delete(starting);
    process.off("exit", atExit);
  });
  return {
    name,
    version: await browser.version(),
    pid: browser.process().pid,
    page: (url) => newPage(browser, url),
    close: () => end(browser),
  };
}

/** If a start fails, puppeteer leaves a process behind for seconds. This ends it. */
async function start(name) {
  const failed = new AbortController();
  const common = {
    handleSIGHUP: false,
    handleSIGINT: false,
    handleSIGTERM: false,
    headless: true,
    signal: failed.signal,
  };
  const limits = { timeout: LAUNCH_LIMIT, protocolTimeout: 600_000 };
  try {
    return await puppeteer.launch({
      ...common,
      ...limits,
      ...(name === "firefox" ? firefox() : chromium()),
    });
  } catch (error) {
    failed.abort();
    throw error;
  }
}

function firefox() {
  return {
    browser: "firefox",
    executablePath: needProgram("firefox"),
    extraPrefsFirefox: FIREFOX.prefs,
  };
}

function chromium() {
  return {
    executablePath: needProgram("chromium"),
    args: [...CHROMIUM.args, ...(isPrivate() ? [] : CHROMIUM.loopback)],
  };
}

/** Before a signal ends this process, the browsers end, including those that are still starting. */
async function leave(signal) {
  const browsers = await Promise.allSettled(running);
  browsers.forEach(({ value }) => value && kill(value.process()));
  process.exit(SIGNALS[signal]);
}

/** A page whose `lines` collect console output and uncaught errors. */
async function newPage(browser, url) {
  const page = await browser.newPage();
  page.setDefaultTimeout(LAUNCH_LIMIT);
  const lines = [];
  page.on("console", (message) => lines.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => lines.push(`pageerror: ${error?.message ?? error}`));
  await page.goto(url, { waitUntil: "load" });
  return Object.assign(page, { lines });
}

/** Ends the browser with its own command, and with SIGKILL if that is not enough. */
async function end(browser) {
  const late = new Promise((done) => setTimeout(done, CLOSE_LIMIT).unref());
  await Promise.race([browser.close().catch(() => {}), late]);
  const child = browser.process();
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((done) => child.once("exit", done));
  kill(child);
  await gone;
}

/** puppeteer starts a browser as the head of its own process group. */
function kill({ pid }) {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It is gone already.
  }
}
