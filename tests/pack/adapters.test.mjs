// `sealframe/mediasoup` and `sealframe/livekit` in projects of Vite, with the real client libraries.
// Each `sealed.ts` has all lines that an application adds. `npm run test:long` also calls through a
// real mediasoup server. There is no LiveKit server here: the page plays its part for the Rooms.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { launch } from "../../harness/browsers.mjs";
import { serve } from "../../harness/serve.mjs";
import { setupServer, startServer } from "../../harness/sfu/index.mjs";
import { install, only, root, run, versionOf, work } from "./project.mjs";

const BROWSERS = ["chromium", "firefox"];
/** At most this many lines, without comments, are an application's own. */
const LINES = 10;
const LIMIT = { timeout: 600_000 };
const isLong = process.env.SEALFRAME_LONG === "1";

before(install);

/** Runs scenarios of a built application. Its server is reached by the policy of the page. */
async function use(name, folder, ask, connect = []) {
  const server = await serve({ roots: only(join(work, "out", folder)), connect });
  const browser = await launch(name);
  try {
    const page = await browser.page(server.url);
    await page.waitForFunction("globalThis.ready");
    const result = await ask((scenario, argument) =>
      page.evaluate((name, of) => globalThis.scenarios[name](of), scenario, argument),
    );
    assert.deepEqual(page.lines.filter(isOurs), []);
    return result;
  } finally {
    await browser.close();
    await server.close();
  }
}

/** livekit-client logs what it does. */
const isOurs = (line) => !/livekit/i.test(line);

/** Values that the examples of the guides use and do not make. */
const GIVEN = `
declare const call: import("sealframe").Call;
declare const bob: { bundle: import("sealframe").Bundle };
declare const devices: Map<string, import("sealframe").Bundle>;
declare const camera: MediaStreamTrack;
declare const [url, token]: [string, string];
declare const routerRtpCapabilities: import("mediasoup-client").types.RtpCapabilities;
declare const sendParameters: import("mediasoup-client").types.TransportOptions;
declare const receiveParameters: import("mediasoup-client").types.TransportOptions;
declare const offered: import("mediasoup-client").types.ConsumerOptions & {
  appData: { label: string };
};
`;

/**
 * Compiles an application and the example of its guide in the strictest TypeScript, without the
 * declarations of libraries.
 */
function compile(folder) {
  const [, example] = /^```js\n(.*?)^```$/ms.exec(readFileSync(`${root}docs/${folder}.md`, "utf8"));
  writeFileSync(join(work, folder, "guide.ts"), example);
  writeFileSync(join(work, folder, "given.d.ts"), GIVEN);
  const compilerOptions = {
    ...{ strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true },
    ...{ noImplicitReturns: true, skipLibCheck: true, noEmit: true, types: [] },
    ...{ target: "es2022", lib: ["esnext", "dom", "dom.iterable"], module: "esnext" },
    moduleResolution: "bundler",
  };
  const project = { compilerOptions, include: [folder] };
  writeFileSync(join(work, `${folder}.json`), JSON.stringify(project));
  run("node", "node_modules/typescript5/bin/tsc", "--project", `${folder}.json`);
}

for (const folder of ["livekit", "mediasoup"]) {
  const version = versionOf(`${folder}-client`);
  test(
    `an application on ${folder}-client ${version} adds ${LINES} lines at most, and compiles`,
    LIMIT,
    () => {
      const text = readFileSync(join(work, folder, "sealed.ts"), "utf8");
      const lines = text.split("\n").filter((line) => line.trim() && !line.startsWith("//"));
      assert.ok(lines.length <= LINES, `${lines.length} lines`);
      compile(folder);
      run("node", "build.mjs", folder);
    },
  );
}

describe("mediasoup-client", () => {
  for (const name of BROWSERS) {
    test(
      `producers are sealed and consumers opened under the label in appData (${name})`,
      LIMIT,
      async () => {
        const { heard, labels, codes, closed, label, open } = await use(name, "mediasoup", (ask) =>
          ask("wiring"),
        );
        assert.deepEqual(heard, [{ label: "camera" }]);
        assert.deepEqual(labels, [
          ["seal", "video", "camera", false],
          ["open", "video", "camera", true],
        ]);
        assert.deepEqual(codes, {
          "no label": "bad-argument",
          "no label offered": "bad-argument",
          "no device": "bad-argument",
          "beside a good one": ["bad-argument", "done"],
        });
        assert.deepEqual([closed, label, open], ["call-closed", "camera", true]);
      },
    );
  }

  const skip = !isLong && "in npm run test:long: the server is built in minutes";
  // Firefox does not reach a server with ICE-lite on loopback.
  test("a picture passes a real mediasoup server (chromium)", { ...LIMIT, skip }, async () => {
    await setupServer("mediasoup");
    const sfu = await startServer("mediasoup");
    try {
      const ask = (run) => run("call", sfu.page.url);
      const { label, frames, opened } = await use("chromium", "mediasoup", ask, sfu.origins);
      assert.equal(label, "camera");
      assert.ok(frames >= 10 && opened.frames >= 10, JSON.stringify({ frames, opened }));
      assert.deepEqual(
        opened.dropped.filter((code) => code !== "unknown-key"),
        [],
      );
    } finally {
      await sfu.close();
    }
  });
});

describe("livekit-client", () => {
  for (const name of BROWSERS) {
    test(
      `Rooms publish sealed tracks and render them, with keys in data packets (${name})`,
      LIMIT,
      async () => {
        const call = await use(name, "livekit", (ask) => ask("call"));
        const { frames, opened, topics, encrypted, errors } = call;
        assert.ok(frames >= 10 && opened.frames >= 10, JSON.stringify(call));
        assert.deepEqual([topics, encrypted, errors], [["sealframe"], [true, true], []]);
      },
    );

    test(
      `a track whose device is known only later opens then, and not before (${name})`,
      LIMIT,
      async () => {
        const { before, frames, errors } = await use(name, "livekit", (ask) => ask("late roster"));
        assert.deepEqual([before, errors], [0, []]);
        assert.ok(frames >= 10, `${frames} pictures`);
      },
    );

    test(
      `a track published without encryption is refused, and its sender is sealed (${name})`,
      LIMIT,
      async () => {
        const { refused, errors, direction, encryption, twice } = await use(
          name,
          "livekit",
          (ask) => ask("wrong"),
        );
        assert.deepEqual([refused, encryption, twice], Array(3).fill("bad-argument"));
        assert.match(errors.join(), /setE2EEEnabled\(true\)/);
        assert.equal(direction, "seal");
      },
    );

    test(`frames of data tracks are sealed (${name})`, LIMIT, async () => {
      const { bytes, stranger } = await use(name, "livekit", (ask) => ask("data"));
      assert.deepEqual([bytes, stranger], [[1, 2, 3], "not-a-member"]);
    });
  }
});
