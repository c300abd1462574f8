// `npm run prove`: proves the cipher engine from its source (crates/prove), looks at every state of
// crates/model, and has verifpal judge every model in docs/proof and every variant of it. Each query
// must hold or fall just where the model says so.
// `npm run prove -- NAME` runs one part: `engine`, `states` (crates/model), or a model.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { setupProgram } from "../harness/setup.mjs";
import { ask, isMain, main, root, run, say, step, Stop } from "../harness/steps.mjs";

const MODELS = `${root}docs/proof`;
const WORK = `${root}target/proof`;
/**
 * The version of Verifpal that gave the verdicts in the models. It is a GPL tool, so it is run and
 * never linked.
 */
const VERIFPAL = "1.6.7";
/** The names of crates/prove and crates/model on the command line. */
const ENGINE = "engine";
const STATES = "states";
const THEOREMS = ["run", "--quiet", "--package", "prove"];
const SEARCH = ["run", "--quiet", "--profile", "sim", "--package", "model"];
const INSTALL = ["install", "verifpal", "--version", VERIFPAL, "--ignore-rust-version"];

/**
 * The text of a variant; "" is the model as built. A line that ends in `// unless: V, W` is missing
 * in V and W; a line `// only V, W: LINE` is there in V and W alone.
 */
export function variantOf(text, variant) {
  const lines = text.split("\n").map((line) => {
    const [, only, added] = /^\s*\/\/ only ([\w, -]+): (.*)$/.exec(line) ?? [];
    if (only) return split(only).includes(variant) ? added : "";
    return namesOf(line, "unless").includes(variant) ? "" : line;
  });
  return lines.join("\n");
}

/** The queries of a model in order, and where each must fall: `// fails: V, W` ends its line. */
export function queriesOf(text) {
  const [, block = ""] = /^queries\[\n([\s\S]*?)^\]/m.exec(text) ?? [];
  const lines = block.split("\n").filter((line) => line.includes("?"));
  return lines.map((line) => ({
    text: line.split("//")[0].trim(),
    fails: namesOf(line, "fails"),
  }));
}

/**
 * The variants of a model. In each of them a query falls, and each query falls in one of them:
 * what cannot fail says nothing. Throws a Stop if that is not so.
 */
export function variantsOf(name, text) {
  const made = [...text.matchAll(/\/\/ (?:unless: (.*)|only ([\w, -]+):)/g)];
  const variants = new Set(made.flatMap(([, unless, only]) => split(only ?? unless)));
  const queries = queriesOf(text);
  const fallen = new Set(queries.flatMap(({ fails }) => fails));
  const wrong = [
    ...[...variants].filter((variant) => !fallen.has(variant)),
    ...[...fallen].filter((variant) => !variants.has(variant)),
    ...queries.filter(({ fails }) => !fails.length).map((query) => query.text),
  ];
  if (!queries.length || wrong.length) {
    throw new Stop(`${name}.vp: nothing falls for ${wrong.join("; ")}`);
  }
  return [...variants];
}

/** Judges a model and its variants. Returns the number of verdicts that are not as expected. */
function prove(verifpal, name) {
  const text = readFileSync(`${MODELS}/${name}.vp`, "utf8");
  const queries = queriesOf(text);
  let wrong = 0;
  for (const variant of ["", ...variantsOf(name, text)]) {
    const file = `${WORK}/${[name, variant].filter(Boolean).join("--")}.vp`;
    writeFileSync(file, variantOf(text, variant));
    const fallen = judge(verifpal, file, queries.length);
    for (const [at, query] of queries.entries()) {
      const good = fallen[at] === query.fails.includes(variant);
      wrong += !good;
      const line = `  ${(variant || "as built").padEnd(24)}${fallen[at] ? "falls" : "holds"}`;
      say(`${line}   ${query.text}${good ? "" : `   NOT AS EXPECTED: ${file}`}`);
    }
  }
  return wrong;
}

/** Whether each of the queries of a file falls. One holds only if the search came to its end. */
function judge(verifpal, file, count) {
  const output = ask(verifpal, ["verify", "--quiet", "--color", "never", file]) ?? "";
  const verdicts = [...output.matchAll(/^ *(PASS \+|FAIL x) \w+\? .*$/gm)];
  if (verdicts.length !== count) throw new Stop(`no verdict: ${verifpal} verify ${file}`);
  return verdicts.map(([line, verdict]) => {
    const falls = verdict === "FAIL x";
    if (!falls && !line.includes("[search exhausted at 2 sessions]")) {
      throw new Stop(`the search was not exhausted: ${verifpal} verify ${file}`);
    }
    return falls;
  });
}

/** A verifpal of our version, from the path or from target/, where it is installed if need be. */
async function findVerifpal() {
  const own = `${WORK}/bin/verifpal`;
  const fits = (program) => ask(program, ["--version"])?.endsWith(VERIFPAL);
  const found = [own, "verifpal"].find(fits);
  if (found) return found;
  if (ask("cargo", ["+nightly", "--version"]) === undefined) {
    const install = `rustup toolchain install nightly && cargo +nightly ${INSTALL.join(" ")}`;
    throw new Stop(`verifpal ${VERIFPAL} is not installed: ${install}`);
  }
  await step(`install verifpal ${VERIFPAL}, some minutes`, () =>
    run("cargo", ["+nightly", ...INSTALL, "--root", WORK], { toStderr: true }),
  );
  return own;
}

/** The names behind a mark that ends a line. */
function namesOf(line, mark) {
  return split(new RegExp(`// ${mark}: (.*)$`).exec(line)?.[1] ?? "");
}

function split(names) {
  return names.split(",").flatMap((name) => name.trim() || []);
}

if (isMain(import.meta.url)) {
  await main(async () => {
    const { positionals } = parseArgs({ allowPositionals: true });
    const files = readdirSync(MODELS).filter((file) => file.endsWith(".vp"));
    const models = [ENGINE, STATES, ...files.map((file) => file.slice(0, -".vp".length))];
    const unknown = positionals.find((name) => !models.includes(name));
    if (unknown) throw new Stop(`no model is called ${unknown}: ${models.join(", ")}`);
    const chosen = positionals.length ? positionals : models;
    if (chosen.includes(ENGINE)) {
      await setupProgram("abc");
      await step(ENGINE, () => run("cargo", THEOREMS));
    }
    if (chosen.includes(STATES)) await step(STATES, () => run("cargo", SEARCH));
    const exchanges = chosen.filter((name) => name !== ENGINE && name !== STATES);
    mkdirSync(WORK, { recursive: true });
    const verifpal = exchanges.length ? await findVerifpal() : undefined;
    let wrong = 0;
    for (const name of exchanges) {
      await step(name, async () => (wrong += prove(verifpal, name)));
    }
    if (wrong) throw new Stop(`${wrong} verdicts are not as expected`);
  });
}
