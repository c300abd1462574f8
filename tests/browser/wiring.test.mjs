// Every way of wiring a sender or receiver either seals or throws, and never sends plaintext. The
// test compares the results with docs/wiring.md. `WIRING=write node --test
// tests/browser/wiring.test.mjs` writes them there.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { describe, test } from "node:test";
import { eachBrowser, TOGETHER, usePage } from "./common.mjs";

const FILE = new URL("../../docs/wiring.md", import.meta.url);
const GROUPS = {
  sealing: "When `seal()` is called",
  opening: "When `open()` is called",
  changes: "What happens to a sender that was sealed in time",
};
const BROWSERS = { chromium: "Chromium 156", firefox: "Firefox 153" };
const COLUMNS = { script: "transforms", streams: "streams" };

describe("the wiring matrix", TOGETHER, () => {
  eachBrowser((name) => {
    const { run, lines } = usePage(name, "wiring.html");

    for (const [group, head] of Object.entries(GROUPS)) {
      test(head, { timeout: 240_000 }, async () => {
        const rows = await run("rows", group);
        const text = table(head, await run("ways"), rows);
        process.stderr.write(`\n${BROWSERS[name]}\n\n${text}\n`);
        const cells = rows.flatMap(([, ...cells]) => cells);
        assert.ok(
          cells.every((cell) =>
            /^(sealed|opened|already-protected|not-protected|too-late|packetization-mode|no H\.264)$/.test(
              cell,
            ),
          ),
          text,
        );
        if (process.env.WIRING === "write") return keep(name, group, text);
        assert.ok(
          readFileSync(FILE, "utf8").includes(marked(name, group, text)),
          `docs/wiring.md says otherwise:\n${text}`,
        );
      });
    }

    test("nothing is written to the console", () => assert.deepEqual(lines(), []));
  });
});

function table(head, ways, rows) {
  const columns = ways.map(
    ({ path, flag }) => `${COLUMNS[path]}, ${flag ? "with the flag" : "without"}`,
  );
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return [
    line([head, ...columns]),
    line([head, ...columns].map(() => "---")),
    ...rows.map(line),
  ].join("\n");
}

/** A table between marks, so that it can be replaced. */
function marked(name, group, text) {
  return `<!-- ${name} ${group} -->\n${text}\n<!-- end -->`;
}

function keep(name, group, text) {
  const document = readFileSync(FILE, "utf8");
  const part = new RegExp(`<!-- ${name} ${group} -->[^]*?<!-- end -->`);
  assert.match(document, part);
  writeFileSync(
    FILE,
    document.replace(part, () => marked(name, group, text)),
  );
}
