// The package as npm would publish it, in an application that a bundler built, in a browser under
// the guide's policy. The worker and the core start, and the Argon2 module loads when a passphrase
// needs it. Then the same from development servers, inside Vue, and with the compiler settings of
// older applications.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { launch } from "../../harness/browsers.mjs";
import { serve } from "../../harness/serve.mjs";
import { install, only, root, run, versionOf, work } from "./project.mjs";

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
    const server = await serve({ roots: only(folder) });
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
import { LiveKitManager } from "sealframe/livekit";
import { produce } from "sealframe/mediasoup";
import { reporter } from "sealframe/report";
import { connect } from "sealframe/stomp";
import { initSync } from "sealframe/core";
export const call: Promise<Call> = Sealframe.start().then((sealframe) => sealframe.join("room"));
export const end: (call: Call, client: Parameters<typeof connect>[1]) => () => void = connect;
// @ts-expect-error: without types everything would compile
connect(1);
// @ts-expect-error
reporter(1);
// @ts-expect-error
produce(1);
// @ts-expect-error
new LiveKitManager(1);
// @ts-expect-error
initSync(1, 2, 3);
`;

/** The report of the application, and how often each module had been fetched by then. */
async function use(browser, folder) {
  const paths = [];
  const server = await serve({ roots: only(folder), seen: (path) => paths.push(path) });
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
