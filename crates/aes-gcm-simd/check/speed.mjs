// `node crates/aes-gcm-simd/check/speed.mjs [node|chromium|firefox…] [--launcher MODULE]
//   [--processes N] [--json]`
//
// The engine, as wasm-opt leaves it, with strict lookups and with relaxed ones, against the aes-gcm
// crate, in Node (from 22 on) and in workers of browsers: in turns within a process; then the median
// over processes, of the times and of their ratios.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { build, optimize } from "./build.mjs";
import { measure, median } from "./measure.mjs";

const options = {
  processes: { type: "string", default: "5" },
  json: { type: "boolean" },
  launcher: { type: "string" },
};
const { positionals, values } = parseArgs({ options, allowPositionals: true });
const self = fileURLToPath(import.meta.url);

async function main() {
  const [crate, ...engines] = ["crate", "simd", "relaxed"].map(build);
  const [simd, relaxed] = engines.map((path) => optimize(path) ?? path);
  const paths = { crate, simd, relaxed };
  const where = positionals.length ? positionals : ["node"];
  const all = {};
  for (const engine of where) all[engine] = summary(await processes(engine, paths));
  if (values.json) return console.log(JSON.stringify(all, null, 2));
  for (const engine of where) print(engine, all[engine]);
}

async function processes(engine, paths) {
  const runs = [];
  for (let i = 0; i < Number(values.processes); i++)
    runs.push(engine === "node" ? child(paths) : await inBrowser(engine, paths));
  return runs;
}

function child({ crate, simd, relaxed }) {
  const args = [self, "child", crate, simd, relaxed];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: "utf8" }));
}

function inNode([crate, simd, relaxed]) {
  const instance = (path) => new WebAssembly.Instance(new WebAssembly.Module(readFileSync(path)));
  return measure({ crate: instance(crate), simd: instance(simd), relaxed: instance(relaxed) });
}

/** Browsers need `--launcher`: a module whose `launch(name)` has `page(url)` and `close()`. */
async function inBrowser(name, paths) {
  if (!values.launcher) throw new Error("browsers need --launcher MODULE");
  const { launch } = await import(pathToFileURL(resolve(values.launcher)).href);
  const server = await serve(paths);
  const browser = await launch(name);
  try {
    const page = await browser.page(`http://127.0.0.1:${server.address().port}/`);
    return await page.evaluate(() => globalThis.result);
  } finally {
    await browser.close();
    server.close();
  }
}

const PAGE = `<!doctype html><script type="module">
const worker = new Worker("/worker.mjs", { type: "module" });
globalThis.result = new Promise((resolve, reject) => {
  worker.onmessage = ({ data }) => resolve(data);
  worker.onerror = ({ message }) => reject(new Error(message));
});
worker.postMessage({ crate: "/crate.wasm", simd: "/simd.wasm", relaxed: "/relaxed.wasm" });
</script>`;

/** Isolated from other origins, a page has the finer clock. */
const HEADERS = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

function serve({ crate, simd, relaxed }) {
  const here = (name) => readFileSync(new URL(name, import.meta.url));
  const files = {
    "/": ["text/html", PAGE],
    "/worker.mjs": ["text/javascript", here("worker.mjs")],
    "/measure.mjs": ["text/javascript", here("measure.mjs")],
    "/crate.wasm": ["application/wasm", readFileSync(crate)],
    "/simd.wasm": ["application/wasm", readFileSync(simd)],
    "/relaxed.wasm": ["application/wasm", readFileSync(relaxed)],
  };
  const server = createServer(({ url }, response) => {
    const [type, body] = files[url] ?? ["text/plain", ""];
    response.writeHead(files[url] ? 200 : 404, { ...HEADERS, "Content-Type": type }).end(body);
  });
  return new Promise((done) => server.listen(0, "127.0.0.1", () => done(server)));
}

function summary(runs) {
  return runs[0].map(({ operation, size }, i) => {
    const us = (name) => median(runs.map((run) => run[i].us[name]));
    const ratio = (name) => median(runs.map((run) => run[i].us.crate / run[i].us[name]));
    const of = (name) => ({ us: us(name), ratio: ratio(name) });
    return { operation, size, crate: us("crate"), simd: of("simd"), relaxed: of("relaxed") };
  });
}

function print(engine, rows) {
  console.log(`\n${engine}, ${values.processes} processes; µs, medians`);
  console.log("operation    bytes     crate      simd   ratio   relaxed   ratio");
  const cells = ({ us, ratio }) => [us.toFixed(2).padStart(10), `${ratio.toFixed(2)}x`.padStart(8)];
  for (const { operation, size, crate, simd, relaxed } of rows) {
    const start = operation.padEnd(9) + String(size).padStart(9) + crate.toFixed(2).padStart(10);
    console.log([start, ...cells(simd), ...cells(relaxed)].join(""));
  }
}

if (positionals[0] === "child") console.log(JSON.stringify(inNode(positionals.slice(1))));
else await main();
