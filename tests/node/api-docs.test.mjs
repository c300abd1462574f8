// docs/api.md names all that there is to call, to listen for and to be refused with, and nothing else.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { Call, Sealframe } from "sealframe";

const read = (path) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const all = (text, pattern) => [...text.matchAll(pattern)].map(([, found]) => found);
const paper = read("docs/api.md");
const types = read("js/types.ts");

/** What stands under a heading, up to the next. */
function part(heading) {
  const found = paper.split(/^(?=##+ )/m).find((text) => text.startsWith(`${heading}\n`));
  return found ?? assert.fail(`there is no ${heading}`);
}

/** What a part's table, of several the one with this heading, has in its first column. */
function rows(heading, head = "") {
  const [table] = new RegExp(`^\\| ${head}[^]*?\\n(?!\\|)`, "m").exec(part(heading));
  return all(table, /^\| (`[^|]*) \|/gm).flatMap((cell) => all(cell, /`([^`]+)`/g)).sort();
}

/** The names in an interface. */
function members(text, name) {
  const [body] = new RegExp(`^export interface ${name}\\b[^]*?^\\}`, "m").exec(text);
  return all(body, /^ {2}(?:readonly )?"?([a-zA-Z-]+)"?\??[:(]/gm).sort();
}

test("every code has its row, and every row its code", () => {
  const shim = readdirSync(new URL("../../js", import.meta.url)).filter((name) => name.endsWith(".js"));
  const codes = [
    ...all(read("src/error.rs"), /= "([a-z-]+)",/g),
    ...all(read("crates/vault/src/error.rs"), /=> "([a-z-]+)"/g),
    ...all(read("js/errors.js"), /^ {2}"([a-z-]+)": /gm),
    ...all(read("js/flow.js"), /\? "([a-z]+-[a-z-]+)"/g),
    ...all(read("js/health.js"), /become\("failing", "([a-z-]+)"/g),
    ...all(read("js/stream.js"), /code = "([a-z-]+)"/g),
    ...shim.flatMap((name) => all(read(`js/${name}`), /(?:SealframeError\(|\?\? |codeOf\(\w+, )"([a-z]+-[a-z-]+)"/g)),
  ];
  assert.ok(codes.length > 80);
  assert.deepEqual(rows("## Codes"), [...new Set(codes)].sort());
});

test("every method has its heading, and every heading its method", () => {
  const methods = (of, name) => Object.getOwnPropertyNames(of).map((key) => `${name}.${key}`);
  const there = [
    "Sealframe.start",
    ...methods(Sealframe.prototype, "sealframe"),
    ...methods(Call.prototype, "call"),
  ].filter((name) => !name.endsWith(".constructor"));
  assert.equal(typeof Sealframe.start, "function");
  assert.ok(there.length > 15);
  assert.deepEqual(all(paper, /^### `([\w.]+)\(/gm).sort(), there.sort());
});

test("every field of both", () => {
  const fields = new Set(all(read("js/index.js"), /^ {4}this\.(\w+) = /gm));
  assert.equal(fields.size, 4);
  for (const field of fields) assert.match(paper, new RegExp(`\`(sealframe|call)\\.${field}\``), field);
});

test("every event with its fields", () => {
  const events = read("js/events.ts");
  const names = members(events, "CallEvents");
  assert.deepEqual(rows("## Events", "event"), names);
  const labels = members(types, "Labels");
  const inherited = { state: [...labels, "state", "code"], "leak-stopped": labels };
  for (const name of names) {
    const [declared] = new RegExp(`^ {2}"?${name}"?: .*$`, "m").exec(events);
    const fields = [...all(declared, /readonly (\w+)\??:/g), ...(inherited[name] ?? [])];
    const [, cell] = new RegExp(`^\\| \`${name}\` \\| ([^|]*) \\|`, "m").exec(part("## Events"));
    assert.deepEqual(all(cell, /`(\w+)`/g).sort(), fields.sort(), name);
  }
  // What the worker says unasked is one of them, or for the page itself.
  const [notice] = /^export type Notice = .*?^\);/ms.exec(types);
  const said = [...all(notice, /type: "([a-z-]+)"/g), "leak-stopped"];
  assert.deepEqual(said.sort(), [...names, "codecs", "key-frame", "logged-out", "progress"].sort());
});

test("every state, option and figure", () => {
  const states = /^export type State = .*$/m.exec(types)[0];
  assert.deepEqual(rows("## Events", "state"), all(states, /"([a-z-]+)"/g).sort());
  assert.deepEqual(rows("### `Sealframe.start(options)`"), members(types, "StartOptions"));
  const [join] = /^ +\* @param \{\{.*\}\} \[options\] `keys`.*$/m.exec(read("js/index.js"));
  assert.deepEqual(rows("### `sealframe.join(callId, options)`"), all(join, /(\w+)\?: /g).sort());
  const stats = "### `call.stats()`";
  const ofStream = [...members(types, "Labels"), ...members(types, "StreamStats")];
  assert.deepEqual(rows(stats, "of each stream"), ofStream.sort());
  assert.deepEqual(rows(stats, "of each member"), members(types, "MemberStats"));
  for (const name of members(types, "Stats")) assert.match(part(stats), new RegExp(`[\`{ ]${name}[,\` ]`));
  for (const name of members(types, "StompOptions")) assert.ok(part("## STOMP").includes(`\`${name}\``), name);
});
