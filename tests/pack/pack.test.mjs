// The package as npm would publish it, in an application that a bundler built, in a browser under
// the guide's policy. The worker and the core start, and the Argon2 module loads when a passphrase
// needs it. Then the same from development servers, inside Vue, and with the compiler settings of
// older applications.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { launch } from "../../harness/browsers.mjs";
import { isInstalled } from "../../harness/setup.mjs";
import { serve } from "../../harness/serve.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const here = join(root, "tests/pack");
const work = join(root, "target/pack");
/** Vite versions, by their names in tests/pack/package.json. */
const VITES = ["vite", "vite7", "vite6"];
const LIMIT = { timeout: 600_000 };

let browser;
before(async () => {
  install();
  browser = await launch("chromium");
});
after(() => browser?.close());

describe("bundlers", () => {
  for (const bundler of [...VITES, "webpack", "rollup", "esbuild", "parcel"]) {
    test(bundler, LIMIT, async () => {
      run("node", "build.mjs", bundler);
      const { device, early, text, late, lines } = await use(browser, join(work, "out", bundler));
      assert.match(device, /^[0-9a-f]{32}$/);
      assert.deepEqual(early, { core: 1, argon2: 0, mls: 0 });
      assert.equal(text, "hello");
      assert.deepEqual(late, { core: 2, argon2: 2, mls: 0 }); // another worker, and two requests for a key
      assert.deepEqual(lines, []);
    });
  }
});

describe("development servers", () => {
  for (const vite of VITES) {
    test(`${vite} ${versionOf(vite)}`, LIMIT, async () => {
      const server = spawn("node", ["dev.mjs", vite], {
        cwd: work,
        stdio: ["pipe", "pipe", "inherit"],
      });
      try {
        const [url] = await once(server.stdout.setEncoding("utf8"), "data");
        const page = await browser.page(url.trim());
        await page.waitForFunction("globalThis.ready");
        assert.match(await page.evaluate(() => globalThis.scenarios.device()), /^[0-9a-f]{32}$/);
        assert.equal(await page.evaluate(() => globalThis.scenarios.passphrase()), "hello");
        assert.ok(await page.evaluate(() => globalThis.scenarios.stomp()), "classes twice");
        assert.deepEqual(
          page.lines.filter((line) => !line.startsWith("debug: [vite]")),
          [],
        );
        await page.close();
      } finally {
        server.kill();
      }
    });
  }
});

test(
  `each method works through ref() and reactive() of Vue ${versionOf("vue")}, and classes keep their names`,
  LIMIT,
  async () => {
    run("node", "build.mjs", "vue");
    const folder = join(work, "out/vue");
    const server = await serve({
      roots: { "/": folder, "/dist/": join(folder, "dist"), "/call/": join(folder, "call") },
    });
    try {
      const page = await browser.page(server.url);
      await page.waitForFunction("globalThis.ready");
      assert.deepEqual(await page.evaluate(() => globalThis.scenarios.names()), [
        "Sealframe",
        "Call",
        "SealframeError",
      ]);
      const { said, there } = await page.evaluate(() => globalThis.scenarios.methods());
      const done = (name, methods) =>
        methods.map((method) => [`[object ${name}] ${method}`, "done"]);
      const all = Object.entries(there).flatMap(([name, methods]) => done(name, methods));
      assert.ok(all.length >= 19, `${all.length} methods`);
      assert.deepEqual(said, { ...Object.fromEntries(all), ...VUE });
      assert.deepEqual(page.lines, []);
      await page.close();
    } finally {
      await server.close();
    }
  },
);

for (const resolution of ["node10", "bundler"]) {
  test(
    `TypeScript ${versionOf("typescript5")} finds the types of every entry as ${resolution}`,
    LIMIT,
    () => {
      writeFileSync(join(work, "types.ts"), TYPED);
      const flags = `--noEmit --strict --skipLibCheck --target es2022 --lib esnext,dom --module es2022 --moduleResolution ${resolution}`;
      run("node", "node_modules/typescript5/bin/tsc", ...flags.split(" "), "types.ts");
    },
  );
}

test(
  "an application in the strictest TypeScript compiles, and no type of the API is `any`",
  LIMIT,
  () => {
    const compilerOptions = {
      ...{ strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true },
      ...{ noImplicitReturns: true, skipLibCheck: false, noEmit: true, types: [] },
      ...{ target: "es2022", lib: ["esnext", "dom"], module: "nodenext" },
    };
    const project = { compilerOptions, files: ["app/consumer.ts"] };
    writeFileSync(join(work, "consumer.json"), JSON.stringify(project));
    run("node", "node_modules/typescript5/bin/tsc", "--project", "consumer.json");
  },
);

/**
 * In Vue's test one device is alone, without a password: the core itself refuses this, with these
 * codes.
 */
const VUE = {
  "[object Call] addEventListener": "done",
  "[object Call] openData": "unsupported-version",
  "[object Call] setKeys": "bad-argument",
  "[object Call] setPassphrase": "bad-argument",
  "[object Sealframe] recoveryFile": "not-recoverable",
};

const TYPED = `
import { Sealframe, type Call } from "sealframe";
import { connect } from "sealframe/stomp";
import { initSync } from "sealframe/core";
export const call: Promise<Call> = Sealframe.start().then((sealframe) => sealframe.join("room"));
export const end: (call: Call, client: Parameters<typeof connect>[1]) => () => void = connect;
// @ts-expect-error: without types everything would compile
connect(1);
// @ts-expect-error
initSync(1, 2, 3);
`;

/** The version that tests/pack/package.json pins. */
function versionOf(name) {
  const { dependencies } = JSON.parse(readFileSync(join(here, "package.json"), "utf8"));
  return dependencies[name].replace(/^npm:.*@/, "");
}

/** Installs the bundlers once, and the package each time: a new build has the same version. */
function install() {
  mkdirSync(work, { recursive: true });
  for (const file of ["app", "vue", "build.mjs", "dev.mjs", "package.json", "package-lock.json"])
    cpSync(join(here, file), join(work, file), { recursive: true });
  cpSync(join(root, ".npmrc"), join(work, ".npmrc"));
  // `npm ci` would need the packages of other platforms in the lock file.
  if (!isInstalled(join(here, "package-lock.json"), work)) run("npm", "install");
  rmSync(join(work, "out"), { recursive: true, force: true });
  const [{ filename }] = JSON.parse(
    execFileSync("npm", ["pack", "--json", "--pack-destination", work], {
      cwd: root,
      stdio: ["ignore", "pipe", "ignore"],
    }),
  );
  const place = join(work, "node_modules/sealframe");
  rmSync(place, { recursive: true, force: true });
  mkdirSync(place);
  // `npm install` would ask the registry about all other packages again.
  run("tar", "-xzf", filename, "--strip-components=1", "-C", place);
}

function run(program, ...args) {
  try {
    execFileSync(program, args, { cwd: work, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  } catch ({ stdout, stderr }) {
    throw new Error(`${program} ${args.join(" ")}\n${stdout}${stderr}`);
  }
}

/** The report of the application, and how often each module had been fetched by then. */
async function use(browser, folder) {
  const paths = [];
  // The server shows only what the bundler wrote. `/dist/` would be ours.
  const roots = { "/": folder, "/dist/": join(folder, "dist"), "/call/": join(folder, "call") };
  const server = await serve({ roots, seen: (path) => paths.push(path) });
  try {
    const page = await browser.page(server.url);
    await page.waitForFunction("globalThis.ready");
    const modules = ["core.wasm", "argon2.wasm", "mls.wasm"];
    const [core, argon2, mls] = modules.map((module) => pathsOf(folder, module));
    assert.ok(mls.length > 0, "the bundler copies mls.wasm");
    const times = (names) => paths.filter((path) => names.includes(path)).length;
    const count = () => ({ core: times(core), argon2: times(argon2), mls: times(mls) });
    const device = await page.evaluate(() => globalThis.scenarios.device());
    const early = count();
    const text = await page.evaluate(() => globalThis.scenarios.passphrase());
    await page.close();
    return { device, early, text, late: count(), lines: page.lines };
  } finally {
    await server.close();
  }
}

/** Finds a file by what it contains, because bundlers rename it. */
function pathsOf(folder, module) {
  const bytes = readFileSync(join(root, "dist", module));
  const files = readdirSync(folder, { recursive: true }).filter((file) => file.endsWith(".wasm"));
  return files
    .filter((file) => bytes.equals(readFileSync(join(folder, file))))
    .map((file) => `/${file}`);
}
