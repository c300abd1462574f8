// Starts the two browsers that this machine has, headless, with made-up media. Every process that
// is started here is ended here, whatever happens in between.
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import puppeteer from "puppeteer-core";
import { isPrivate } from "./network.mjs";

const CHROMIUM = {
  env: "CHROMIUM",
  names: ["chromium", "chromium-browser", "google-chrome"],
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

/** Browsers that are being started or run. @type {Set<Promise<import("puppeteer-core").Browser>>} */
const running = new Set();

/** @param {"chromium" | "firefox"} name @returns the browser, with a `close()` that always ends it */
export async function launch(name) {
  for (const signal of Object.keys(SIGNALS)) if (!process.listeners(signal).includes(leave)) process.on(signal, leave);
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
  return { name, version: await browser.version(), page: (url) => newPage(browser, url), close: () => end(browser) };
}

/** Of a start that fails puppeteer leaves a process, for seconds: it ends with that start. */
async function start(name) {
  const failed = new AbortController();
  const common = { handleSIGHUP: false, handleSIGINT: false, handleSIGTERM: false, headless: true, signal: failed.signal };
  const limits = { timeout: LAUNCH_LIMIT, protocolTimeout: 300_000 };
  try {
    return await puppeteer.launch({ ...common, ...limits, ...(name === "firefox" ? firefox() : chromium()) });
  } catch (error) {
    failed.abort();
    throw error;
  }
}

function firefox() {
  return { browser: "firefox", executablePath: find(FIREFOX), extraPrefsFirefox: FIREFOX.prefs };
}

function chromium() {
  return { executablePath: find(CHROMIUM), args: [...CHROMIUM.args, ...(isPrivate() ? [] : CHROMIUM.loopback)] };
}

/** A signal that ends us ends the browsers first, also those that have not quite started yet. */
async function leave(signal) {
  const browsers = await Promise.allSettled(running);
  browsers.forEach(({ value }) => value && kill(value.process()));
  process.exit(SIGNALS[signal]);
}

/** A page, and all that it said: console lines and uncaught errors. */
async function newPage(browser, url) {
  const page = await browser.newPage();
  page.setDefaultTimeout(LAUNCH_LIMIT);
  const lines = [];
  page.on("console", (message) => lines.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => lines.push(`pageerror: ${error?.message ?? error}`));
  await page.goto(url, { waitUntil: "load" });
  return Object.assign(page, { lines });
}

/** Politely, then not. */
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

function find({ env, names }) {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const paths = folders.flatMap((folder) => names.map((name) => join(folder, name)));
  const path = [process.env[env], ...paths].find((path) => path && existsSync(path));
  if (!path) throw new Error(`no ${names[0]} here: install it, or name it in ${env}`);
  return path;
}
