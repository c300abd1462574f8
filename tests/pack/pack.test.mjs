// The package as npm would publish it, in an application that a bundler built, in a browser under the
// README's policy: worker and core come up, and the vault comes when a passphrase needs it.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { launch } from "../../call/browsers.mjs";
import { isInstalled } from "../../scripts/setup.mjs";
import { serve } from "../../www/serve.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const here = join(root, "tests/pack");
const work = join(root, "target/pack");
const LIMIT = { timeout: 600_000 };

describe("bundlers", () => {
  let browser;
  before(async () => {
    install();
    browser = await launch("chromium");
  });
  after(() => browser?.close());

  for (const bundler of ["vite", "webpack", "rollup", "esbuild", "parcel"]) {
    test(bundler, LIMIT, async () => {
      run("node", "build.mjs", bundler);
      const { device, early, text, late, lines } = await use(browser, join(work, "out", bundler));
      assert.match(device, /^[0-9a-f]{32}$/);
      assert.deepEqual(early, { core: 1, vault: 0 });
      assert.equal(text, "hello");
      assert.deepEqual(late, { core: 2, vault: 2 }); // another worker, and two that were asked for a key
      assert.deepEqual(lines, []);
    });
  }
});

/** Bundlers once, the package each time: built anew it has the same version. */
function install() {
  mkdirSync(work, { recursive: true });
  for (const file of ["app", "build.mjs", "package.json", "package-lock.json"]) cpSync(join(here, file), join(work, file), { recursive: true });
  cpSync(join(root, ".npmrc"), join(work, ".npmrc"));
  // Not `npm ci`, which wants other platforms' packages in the lock file too.
  if (!isInstalled(join(here, "package-lock.json"), work)) run("npm", "install");
  rmSync(join(work, "out"), { recursive: true, force: true });
  const [{ filename }] = JSON.parse(execFileSync("npm", ["pack", "--json", "--pack-destination", work], { cwd: root, stdio: ["ignore", "pipe", "ignore"] }));
  const place = join(work, "node_modules/sealframe");
  rmSync(place, { recursive: true, force: true });
  mkdirSync(place);
  // Not `npm install`, which asks the registry about all the others again.
  run("tar", "-xzf", filename, "--strip-components=1", "-C", place);
}

function run(program, ...args) {
  try {
    execFileSync(program, args, { cwd: work, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  } catch ({ stdout, stderr }) {
    throw new Error(`${program} ${args.join(" ")}\n${stdout}${stderr}`);
  }
}

/** What the application says, and how often each module had been fetched by then. */
async function use(browser, folder) {
  const paths = [];
  // Nothing that is not the bundler's: `/dist/` would be ours.
  const roots = { "/": folder, "/dist/": join(folder, "dist"), "/call/": join(folder, "call") };
  const server = await serve({ roots, seen: (path) => paths.push(path) });
  try {
    const page = await browser.page(server.url);
    await page.waitForFunction("globalThis.ready");
    const [core, vault] = ["core.wasm", "vault.wasm"].map((module) => pathsOf(folder, module));
    const times = (names) => paths.filter((path) => names.includes(path)).length;
    const count = () => ({ core: times(core), vault: times(vault) });
    const device = await page.evaluate(() => globalThis.scenarios.device());
    const early = count();
    const text = await page.evaluate(() => globalThis.scenarios.passphrase());
    await page.close();
    return { device, early, text, late: count(), lines: page.lines };
  } finally {
    await server.close();
  }
}

/** Whatever the bundler calls it. */
function pathsOf(folder, module) {
  const bytes = readFileSync(join(root, "dist", module));
  const files = readdirSync(folder, { recursive: true }).filter((file) => file.endsWith(".wasm"));
  return files.filter((file) => bytes.equals(readFileSync(join(folder, file)))).map((file) => `/${file}`);
}
