// docs/api.md lists every method, event, option and code of the package, and nothing else.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { Call, Sealframe } from "sealframe";
import * as node from "sealframe/node";

const read = (path) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const all = (text, pattern) => [...text.matchAll(pattern)].map(([, found]) => found);
const paper = read("docs/api.md");
const types = read("js/shared/types.ts");
const options = read("js/page/options.ts");

/** The text under a heading, up to the next one. */
function part(heading) {
  const found = paper.split(/^(?=##+ )/m).find((text) => text.startsWith(`${heading}\n`));
  return found ?? assert.fail(`docs/api.md has no ${heading}`);
}

/** The first column of a part's table. If there are several, `head` is the heading of the table. */
function rows(heading, head = "") {
  const [table] = new RegExp(`^\\| ${head}[\\s\\S]*?\\n(?!\\|)`, "m").exec(part(heading));
  return all(table, /^\| (`[^|]*) \|/gm)
    .flatMap((cell) => all(cell, /`([^`]+)`/g))
    .sort();
}

const unique = (values) => [...new Set(values)].sort();

/** The texts of a union type. */
function union(text, name) {
  const [declared] = new RegExp(`^export type ${name} =[\\s\\S]*?;$`, "m").exec(text);
  return all(declared, /"([a-z-]+)"/g).sort();
}

/** The names in an interface. */
function members(text, name) {
  const [body] = new RegExp(`^export interface ${name}\\b[\\s\\S]*?^\\}`, "m").exec(text);
  return all(body, /^ {2}(?:readonly )?"?([a-zA-Z0-9-]+)"?\??[:(]/gm).sort();
}

test("docs/api.md and the type unions list exactly the codes that the sources make", () => {
  const core = all(read("src/error.rs"), /= "([a-z-]+)",/g);
  const argon2 = all(read("crates/argon2/src/error.rs"), /=> "([a-z-]+)"/g);
  const mls = all(read("crates/mls/src/error.rs"), /= "([a-z-]+)",/g);
  const codes = [...core, ...argon2, ...mls, ...codesOfScripts()];
  assert.ok(codes.length > 80);
  assert.deepEqual(rows("## Codes"), unique(codes));
  const types = read("js/shared/codes.ts");
  assert.deepEqual(union(types, "CoreCode"), unique(core));
  assert.deepEqual(union(types, "Argon2Code"), unique(argon2));
  assert.deepEqual(union(types, "MlsCode"), unique(mls));
  const typed = ["CoreCode", "Argon2Code", "MlsCode", "ShimCode", "FaultCode", "StreamCode"];
  assert.deepEqual(unique(typed.flatMap((name) => union(types, name))), unique(codes));
});

/** Codes that a script in js/ makes. */
function codesOfScripts() {
  const folder = new URL("../../js", import.meta.url);
  const scripts = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith(".ts"));
  const [texts] = /^const TEXTS[\s\S]*?^\}/m.exec(read("js/shared/errors.ts"));
  return [
    ...all(texts, /^ {2}"?([a-z-]+)"?: /gm),
    ...all(read("js/page/flow-watchdog.ts"), /\? "([a-z]+-[a-z-]+)"/g),
    ...all(read("js/worker/stream-state.ts"), /become\("failing", "([a-z-]+)"/g),
    ...all(read("js/worker/stream.ts"), /code = "([a-z-]+)"/g),
    ...scripts.flatMap((name) =>
      all(read(`js/${name}`), /(?:SealframeError\(|\?\? |codeOf\(\w+, )"([a-z]+-[a-z-]+)"/g),
    ),
  ];
}

test("each reason of a failed start has a row in docs/api.md, a text and a type", () => {
  const [declared] = /^export interface Cause [\s\S]*?^\}/m.exec(types);
  const [words] = /^const REASONS[\s\S]*?^\}/m.exec(read("js/shared/errors.ts"));
  const reasons = all(declared, /^ {4}\| "([a-z-]+)"/gm).sort();
  assert.ok(reasons.length > 10);
  assert.deepEqual(rows("### Why a start fails", "reason"), reasons);
  assert.deepEqual(all(words, /^ {2}"?([a-z-]+)"?: /gm).sort(), reasons);
});

test("docs/api.md has a heading for exactly the public methods", () => {
  const methods = (of, name) => Object.getOwnPropertyNames(of).map((key) => `${name}.${key}`);
  const there = [
    "Sealframe.start",
    "Sealframe.support",
    ...methods(Sealframe.prototype, "sealframe"),
    ...methods(Call.prototype, "call"),
  ].filter((name) => !name.endsWith(".constructor"));
  assert.equal(typeof Sealframe.start, "function");
  assert.equal(typeof Sealframe.support, "function");
  const declared = /^export type Missing =[\s\S]*?;$/m.exec(read("js/page/support.ts"))[0];
  assert.deepEqual(rows("### `Sealframe.support()`"), all(declared, /"([a-z-]+)"/g).sort());
  assert.ok(there.length > 15);
  assert.deepEqual(all(paper, /^### `([\w.]+)\(/gm).sort(), there.sort());
});

test("docs/api.md mentions every public field of Sealframe and Call", () => {
  const classes = read("js/page/sealframe.ts") + read("js/page/call.ts");
  const fields = new Set(all(classes, /^ {4}this\.(\w+) = /gm));
  assert.equal(fields.size, 5);
  for (const field of fields)
    assert.match(paper, new RegExp(`\`(sealframe|call)\\.${field}\``), field);
});

test("docs/api.md lists exactly the fields of every event", () => {
  const [everywhere, inPage] = ["js/shared/events.ts", "js/page/events.ts"].map(read);
  // A page declares some of the events again, with more fields.
  const events = inPage + everywhere;
  const names = unique([...members(everywhere, "KeyEvents"), ...members(inPage, "CallEvents")]);
  assert.deepEqual(rows("## Events", "event"), names);
  const labels = members(types, "Labels");
  const epoch = members(types, "Epoch");
  const inherited = { epoch, state: [...labels, "state", "code"], "leak-stopped": labels };
  for (const name of names) {
    const [declared] = new RegExp(`^ {2}"?${name}"?:[\\s\\S]*?;\n(?= {2}\\S|\\})`, "m").exec(
      events,
    );
    const fields = [...all(declared, /readonly (\w+)\??:/g), ...(inherited[name] ?? [])];
    const [, cell] = new RegExp(`^\\| \`${name}\` \\| ([^|]*) \\|`, "m").exec(part("## Events"));
    assert.deepEqual(all(cell, /`(\w+)`/g).sort(), fields.sort(), name);
  }
  // The worker's other news are for the page itself.
  const [news] = /^export type News =[\s\S]*?;$/m.exec(read("js/shared/wire.ts"));
  const said = [...all(news, /type: "([a-z-]+)"/g), "leak-stopped"];
  assert.deepEqual(said.sort(), [...names, "codecs", "key-frame", "logged-out", "progress"].sort());
});

test("docs/api.md lists exactly the states, options and statistics", () => {
  const states = /^export type State = .*$/m.exec(types)[0];
  assert.deepEqual(rows("## Events", "state"), all(states, /"([a-z-]+)"/g).sort());
  assert.deepEqual(rows("### `Sealframe.start(options)`"), members(options, "StartOptions"));
  assert.deepEqual(rows("### `sealframe.join(callId, options)`"), members(options, "JoinOptions"));
  const stats = "### `call.stats()`";
  const ofStream = [...members(types, "Labels"), ...members(types, "StreamStats")];
  assert.deepEqual(rows(stats, "of each stream"), ofStream.sort());
  assert.deepEqual(rows(stats, "of each member"), members(types, "MemberStats"));
  for (const name of members(types, "Stats"))
    assert.match(part(stats), new RegExp(`[\`{ ]${name}[,\` ]`));
  const report = read("js/page/report.ts");
  const fieldsOf = (name) => members(report, name).filter((field) => field !== "events");
  assert.deepEqual(rows("## Reports", "of a report"), [...fieldsOf("Report"), "events"].sort());
  for (const name of [...members(report, "Seen"), ...members(report, "ReportOptions")])
    assert.match(part("## Reports"), new RegExp(`[\`{ ]${name}[\` }]`), name);
  for (const name of members(read("js/page/stomp.ts"), "StompOptions"))
    assert.ok(part("## STOMP").includes(`\`${name}\``), name);
});

test("docs/node.md names every function, method and option of sealframe/node", () => {
  const text = read("docs/node.md");
  const there = Object.values({ ...node, SealframeError: undefined }).filter(Boolean);
  const methods = there.flatMap(({ prototype }) => Object.getOwnPropertyNames(prototype ?? {}));
  const sources = ["sealframe", "track", "device-file"].map((name) => read(`js/node/${name}.ts`));
  const options = sources.flatMap((source) =>
    all(source, /^export interface (\w+(?:Options|Key))\b/gm).flatMap((name) =>
      members(source, name),
    ),
  );
  const names = [...methods, ...options].filter((name) => !["constructor", "hear"].includes(name));
  assert.ok(names.length > 20);
  const code = all(text.replace(/^```[\s\S]*?^```$/gm, ""), /`([^`]+)`/g).join(" ");
  for (const name of names) assert.match(code, new RegExp(`\\b${name}\\b`), name);
});
