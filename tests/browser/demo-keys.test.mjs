// The demo's three ways to get keys, and its warnings.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { launch } from "../../harness/browsers.mjs";
import { serve } from "../../harness/serve.mjs";
import { eachBrowser } from "./common.mjs";
import {
  allGood,
  deviceOf,
  enter,
  goesOn,
  isQuiet,
  isVisible,
  join,
  number,
  open,
  press,
  reason,
  shows,
  text,
  tile,
  until,
} from "./demo-page.mjs";

const WORDS = "copper lantern seven oranges under ice";

let server;
before(async () => (server = await serve()));
after(() => server?.close());

/** The address of a room that no other test uses. */
function newRoom(way = "") {
  return `${server.url}#${randomUUID()}${way && `/${way}`}`;
}

eachBrowser((browserName) => {
  let browser;
  before(async () => (browser = await launch(browserName)));
  after(() => browser?.close());

  test("the way that is chosen becomes part of the link, and a link decides for others", async () => {
    const page = await open(browser, server.url);
    await until(() => isVisible(page, "#form"), "the form does not come");
    await press(page, "[name=way][value=mls]");
    const link = await page.$eval("#link", (input) => input.value);
    assert.match(link, /#[a-z0-9]{8}\/mls$/);
    const other = await open(browser, link);
    await until(() => isVisible(other, "#form"), "the form does not come");
    const choices = await other.$$eval("[name=way]", (inputs) =>
      inputs.map(({ value, checked, disabled }) => ({ value, checked, disabled })),
    );
    assert.deepEqual(choices, [
      { value: "devices", checked: false, disabled: true },
      { value: "mls", checked: true, disabled: false },
      { value: "passphrase", checked: false, disabled: true },
    ]);
    await isQuiet(page, other);
    await page.close();
    await other.close();
  });

  describe("a group", () => {
    let ann, ben;
    after(() => Promise.all([ann, ben].map((page) => page?.close())));

    test("all see one code, which changes with the group", async () => {
      const url = newRoom("mls");
      ann = await join(browser, url, "Ann");
      ben = await join(browser, url, "Ben");
      await allGood(ann, ben);
      const code = await sameCode(ann, ben);
      assert.match(code, /^(\d{5} ){5}\d{5}$/);
      await shows(ann, "#group-mark", "Not compared");
      await press(ann, "#group-same");
      await shows(ann, "#group-mark", /^Compared at \d\d:\d\d: the same$/);
      await press(ann, "#do-rotate");
      await shows(ann, "#group-mark", /^Compared at \d\d:\d\d\. No device came since\.$/);
      assert.notEqual(await sameCode(ann, ben), code);
    });

    test("a newcomer asks for another comparison", async () => {
      const cho = await join(browser, ann.url(), "Cho");
      await allGood(ann, ben, cho);
      await shows(ann, "#group-mark", /Since then came Cho: compare again\.$/);
      await sameCode(ann, ben, cho);
      await press(ann, tile("Cho", ".remove"));
      await shows(cho, "#status", "Ann removed you");
      await allGood(ann, ben);
      await until(
        async () => (await text(cho, "#group-code")) !== (await text(ann, "#group-code")),
        "same code",
      );
      await isQuiet(ann, ben, cho);
      await cho.close();
    });
  });

  describe("a passphrase", () => {
    let ann, ben;
    after(() => Promise.all([ann, ben].map((page) => page?.close())));

    test("only those who know it open anything", async () => {
      const url = newRoom("passphrase");
      [ann, ben] = [await know(url, "Ann", WORDS), await know(url, "Ben", WORDS)];
      await allGood(ann, ben);
      const cho = await know(url, "Cho", "other words that do not fit");
      await shows(cho, tile("Ann", ".state"), /^(Refused|Waiting)/);
      await shows(ann, tile("Cho", ".state"), /^(Refused|Waiting)/);
      assert.equal(
        await number(cho, `[data-row="open-camera-${await deviceOf(cho, "Ann")}"] .frames`),
        0,
      );
      assert.ok(
        (await reason(cho, "open unknown-key")) +
          (await reason(cho, "open authentication-failed")) >
          0,
      );
      await goesOn(ann, "Ben");
      await cho.close();
    });

    test("the page says what a passphrase cannot do", async () => {
      assert.equal(await isVisible(ann, "#trust-words"), true);
      assert.equal(await isVisible(ann, tile("Ben", ".remove")), false);
      await shows(ann, "#do-remove ~ .refusal", /cannot be made to forget/);
    });

    test("a killed worker gets the passphrase again", async () => {
      await press(ann, "#do-kill");
      await shows(ann, "#verdict-kill", "As it should be.");
      await allGood(ann, ben);
    });

    const know = async (url, name, words) => {
      const page = await open(browser, url);
      await until(() => isVisible(page, "#form"), "the form does not come");
      await page.$eval("#passphrase", (input, words) => (input.value = words), words);
      await enter(page, name);
      return page;
    };
  });

  describe("warnings", () => {
    let ann;
    after(() => ann?.close());

    test("an unknown device of a known person, and a comparison ends the warning", async () => {
      const url = newRoom();
      ann = await join(browser, url, "Ann");
      const ole = await join(browser, url, "Ole");
      await allGood(ann, ole);
      const another = await join(browser, url, "Ole");
      await shows(ann, ".warning p", /^Ole is here with a device that this browser never saw/);
      await press(ann, ".warning button");
      await press(ann, "#compare-same");
      assert.equal(await ann.$(".warning"), null);
      await another.close();
      await ole.close();
    });

    test("the page says who makes the call classic", async () => {
      await shows(ann, "#status", "Waiting for others");
      const dan = await open(browser, ann.url());
      await until(() => isVisible(dan, "#form"), "the form does not come");
      await press(dan, "#older");
      await enter(dan, "Dan");
      await allGood(ann, dan);
      await shows(ann, "#quantum", /^Not safe for ever: Dan has an older device\./);
      await shows(ann, tile("Dan", ".badge"), /older device$/);
      await shows(dan, "#quantum", /^Not safe for ever: You have an older device\./);
      await dan.reload();
      await allGood(ann, dan);
      await shows(ann, "#quantum", /^Not safe for ever: Dan has an older device\./);
      await press(dan, "#leave");
      await shows(ann, "#quantum", /^Recorded today, safe later/);
      await isQuiet(ann, dan);
      await dan.close();
    });
  });
});

/** The code that all pages show at last. */
async function sameCode(...pages) {
  let codes;
  await until(
    async () => {
      codes = await Promise.all(pages.map((page) => text(page, "#group-code")));
      return codes[0] !== "" && new Set(codes).size === 1;
    },
    () => `different codes: ${codes}`,
  );
  return codes[0];
}
