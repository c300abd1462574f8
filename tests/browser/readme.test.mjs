// The example of the README, run as it stands by two devices that call each other.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { eachBrowser, TOGETHER, usePage } from "./common.mjs";

const README = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
/** The example without its import: the page has one. */
const [, EXAMPLE] = /^```js\nimport \{ Sealframe \} from "sealframe";\n(.*?)^```$/ms.exec(README);
/** The names that the example takes from its application. */
const GIVEN = "{ Sealframe, signaling, iceServers, camera, stream, bob }";

describe("the example of the README", TOGETHER, () => {
  eachBrowser((name) => {
    const { run, lines, evaluate } = usePage(name, "readme.html");

    test("seals and opens frames in both directions", { timeout: 60_000 }, async () => {
      await evaluate(
        `void (globalThis.example = async (${GIVEN}) => { ${EXAMPLE}; return { sealframe, call, pc } })`,
      );
      for (const streams of await run("example")) {
        assert.deepEqual(streams.map(({ direction }) => direction).sort(), ["open", "seal"]);
        assert.deepEqual(
          streams.map(({ state }) => state),
          ["sealed", "sealed"],
        );
      }
    });

    test("nothing is written to the console", () => assert.deepEqual(lines(), []));
  });
});
