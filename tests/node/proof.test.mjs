// The models in docs/proof can be wrong before verifpal reads them: a variant that changes nothing
// proves nothing.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import test from "node:test";
import { queriesOf, variantOf, variantsOf } from "../../scripts/prove.mjs";

const FOLDER = new URL("../../docs/proof/", import.meta.url);
const README = readFileSync(new URL("README.md", FOLDER), "utf8");
const MODELS = readdirSync(FOLDER).filter((file) => file.endsWith(".vp"));

test("every variant of a model changes it, and docs/proof/README.md explains it", () => {
  assert.ok(MODELS.length > 0);
  for (const file of MODELS) {
    const name = file.replace(".vp", "");
    const text = readFileSync(new URL(file, FOLDER), "utf8");
    assert.ok(
      README.includes(`\`${name}\``) || README.includes(`\`${name.split("-")[0]}-*\``),
      name,
    );
    for (const variant of variantsOf(name, text)) {
      assert.notEqual(variantOf(text, variant), variantOf(text, ""), `${name} ${variant}`);
      assert.ok(
        README.includes(`\`${variant}\``),
        `docs/proof/README.md does not explain ${variant}`,
      );
    }
  }
});

test("a variant of a model leaves out its lines and adds its own", () => {
  const text = "a // unless: one, two\n\t// only two: b\nc";
  assert.equal(variantOf(text, ""), "a // unless: one, two\n\nc");
  assert.equal(variantOf(text, "one"), "\n\nc");
  assert.equal(variantOf(text, "two"), "\nb\nc");
});

test("a query that no variant breaks, and a variant that breaks no query, are refused", () => {
  const model = (fails) => `a // unless: one\nqueries[\n\tconfidentiality? k${fails}\n]`;
  assert.deepEqual(variantsOf("m", model(" // fails: one")), ["one"]);
  assert.deepEqual(queriesOf(model(" // fails: one")), [
    { text: "confidentiality? k", fails: ["one"] },
  ]);
  assert.throws(() => variantsOf("m", model("")), /nothing falls for one; confidentiality\? k/);
  assert.throws(() => variantsOf("m", model(" // fails: one, other")), /other/);
});
