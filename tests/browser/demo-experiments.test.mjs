// The demo's experiments: each says what should happen, and finds that it did. The tests look at the
// other members too, so no experiment is the only witness of its own success.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { launch } from "../../harness/browsers.mjs";
import { serve } from "../../harness/serve.mjs";
import { eachBrowser } from "./common.mjs";
import {
  allGood,
  deviceOf,
  goesOn,
  isQuiet,
  isVisible,
  join,
  opened,
  press,
  reason,
  shows,
  stands,
  text,
  tile,
} from "./demo-page.mjs";

const HOLDS = "As it should be.";

let server;
before(async () => (server = await serve()));
after(() => server?.close());

eachBrowser((browserName) => {
  let browser, ann, ben, cho;
  before(async () => {
    browser = await launch(browserName);
    const url = `${server.url}#${randomUUID()}`;
    ann = await join(browser, url, "Ann");
    await shows(ann, "#status", "Waiting for others");
    await shows(ann, "#do-rotate ~ .refusal", "Needs another member.");
    ben = await join(browser, url, "Ben");
    await allGood(ann, ben);
    await shows(ann, "#do-swap ~ .refusal", "Needs two other members.");
    cho = await join(browser, url, "Cho");
    await allGood(ann, ben, cho);
    await ann.select("#target", await deviceOf(ann, "Ben"));
  });
  after(() => browser?.close());
  const all = () => allGood(ann, ben, cho);

  test("each experiment says what it does and what is expected", async () => {
    const cards = await ann.$$eval("#experiments > li", (items) =>
      items.map((item) => [...item.querySelectorAll("p")].map((one) => one.textContent)),
    );
    assert.equal(cards.length, 8);
    for (const [about, expected] of cards) {
      assert.ok(about.length > 20);
      assert.match(expected, /^Expected: .{20,}/);
    }
  });

  test("rotate: the key changes, and no frame is lost", async () => {
    await press(ann, "#do-rotate");
    await shows(
      ann,
      "#outcome-rotate",
      /^Key (\w+) became (?!\1)\w+\. The others refused 0 frames\.$/,
    );
    await shows(ann, "#verdict-rotate", HOLDS);
    const [, key] = /became (\w+)/.exec(await text(ann, "#outcome-rotate"));
    for (const page of [ben, cho])
      await shows(page, "#events", new RegExp(`Ann seals with a new key: ${key}`));
    await all();
  });

  test("remove: the member opens nothing until it is let in again", async () => {
    await press(ann, "#do-remove");
    await shows(ann, tile("Ben", ".state"), "Removed by Ann");
    await shows(cho, tile("Ben", ".state"), "Removed by Ann");
    for (const name of ["Ann", "Cho"]) {
      await stands(ben, name);
      await shows(ben, tile(name, ".veil"), /does not have/);
    }
    await shows(ann, "#outcome-remove", /^Ben could not open ([5-9]|\d[\d,]+) of your frames/);
    await shows(ann, "#verdict-remove", HOLDS);
    await press(ann, "#do-remove");
    await all();
    await goesOn(ben, "Ann");
  });

  test("wrong key: nothing opens on either side until the right key is back", async () => {
    const before = await reason(ann, "open unknown-key");
    await press(ann, "#do-wrong");
    await shows(ann, "#status", "Frames of Ben and Cho do not open here");
    for (const page of [ben, cho]) await shows(page, "#status", "Frames of Ann do not open here");
    await stands(ann, "Ben");
    await stands(ben, "Ann");
    await goesOn(ben, "Cho");
    await shows(ann, "#outcome-wrong", /Opened here: 0\.$/);
    await shows(ann, "#verdict-wrong", HOLDS);
    assert.ok((await reason(ann, "open unknown-key")) > before);
    assert.ok((await reason(ben, "open unknown-key")) > 0);
    await press(ann, "#do-wrong");
    await all();
  });

  test("flip: every frame with a flipped bit is refused until the flipping stops", async () => {
    const before = await reason(ann, "open authentication-failed");
    await press(ann, "#do-flip");
    await shows(ann, "#status", "Frames of Ben and Cho do not open here");
    for (const page of [ben, cho]) await shows(page, "#status", "Your frames do not open for Ann");
    for (const name of ["Ben", "Cho"]) await stands(ann, name);
    await shows(ann, "#outcome-flip", /^Refused: ([5-9]|\d[\d,]+)\. Shown: 0\.$/);
    await shows(ann, "#verdict-flip", HOLDS);
    assert.ok((await reason(ann, "open authentication-failed")) > before);
    await press(ann, "#do-flip");
    await all();
  });

  test("lose: all frames that arrive still open", async () => {
    await press(ann, "#do-lose");
    await shows(
      ann,
      "#outcome-lose",
      /^Thrown away: ([5-9]|\d[\d,]+)\. Opened: \d[\d,]+\. Refused: 0\.$/,
    );
    await shows(ann, "#verdict-lose", HOLDS);
    await goesOn(ann, "Ben");
    await press(ann, "#do-lose");
    await all();
  });

  test("replay: no recorded frame opens again", async () => {
    const before = await refusedAgain(ann);
    await press(ann, "#do-replay");
    await shows(ann, "#outcome-replay", "Delivered again: 12. Opened again: 0.");
    await shows(ann, "#verdict-replay", HOLDS);
    assert.ok((await refusedAgain(ann)) >= before + 12);
    await all();
  });

  test("kill: a new worker takes over, and nothing leaves unsealed", async () => {
    await press(ann, "#do-kill");
    await shows(ann, "#outcome-kill", /^Replaced: yes\. .* Unsealed: 0\.$/);
    await shows(ann, "#verdict-kill", HOLDS);
    for (const page of [ben, cho]) {
      assert.equal(await reason(page, "open not-sealed"), 0);
      await goesOn(page, "Ann");
    }
    await goesOn(ann, "Ben");
    await all();
  });

  test("swap: neither picture is shown as the other's", async () => {
    await press(ann, "#do-swap");
    await shows(ann, "#status", "Frames of Ben and Cho do not open here");
    const before = [await opened(ann, "Ben"), await opened(ann, "Cho")];
    await shows(ann, "#outcome-swap", /^Pictures of the two: ([5-9]|\d[\d,]+) refused, 0 shown\.$/);
    await shows(ann, "#verdict-swap", HOLDS);
    assert.deepEqual([await opened(ann, "Ben"), await opened(ann, "Cho")], before);
    assert.equal(await isVisible(ann, tile("Ben", ".veil")), true);
    await press(ann, "#do-swap");
    await all();
  });

  test("nothing is written to the console, and the policy is not violated", async () => {
    // The killed worker's error is the only line.
    ann.lines = ann.lines.filter((line) => !line.includes("thrown on request"));
    await isQuiet(ann, ben, cho);
  });
});

/** Frames that were refused because they had come before. */
async function refusedAgain(page) {
  return (await reason(page, "open duplicate")) + (await reason(page, "open too-old"));
}
