// A server with dist/ in many folders. Each folder has one wrong file or header.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";

const DIST = new URL("../../dist/", import.meta.url);
const PAGES = new URL("pages/", import.meta.url);
const TYPES = { html: "text/html", js: "text/javascript", wasm: "application/wasm" };
const POLICY = {
  "default-src": "'none'",
  "connect-src": "'self'",
  "script-src": "'self' 'wasm-unsafe-eval'",
  "require-trusted-types-for": "'script'",
  "trusted-types": "sealframe",
  "worker-src": "'self'",
};

/**
 * `cases` by the names of their folders. `policy` changes directives. An `isolated` page demands a
 * header that no file has. `files` has functions by the names of files: each gets the right bytes,
 * and returns other bytes, a status, "hold" or "cut". @param {Record<string, { policy?: object,
 * isolated?: boolean, files?: Record<string, (bytes: Buffer) => unknown> }>} cases
 */
export async function serveSpoiled(cases) {
  const server = createServer((request, response) => {
    const [, folder, file] = new URL(request.url, "http://localhost").pathname.split("/");
    const { policy, isolated, files = {} } = cases[decodeURIComponent(folder)] ?? {};
    if (isolated && file.endsWith(".html"))
      response.setHeader("cross-origin-embedder-policy", "require-corp");
    answer(file, files[file], { ...POLICY, ...policy }, response).catch(() =>
      response.writeHead(404).end(),
    );
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const close = () => (server.closeAllConnections(), new Promise((done) => server.close(done)));
  return { url: `http://127.0.0.1:${server.address().port}/`, close };
}

async function answer(file, spoil = (bytes) => bytes, policy, response) {
  const bytes = await readFile(new URL(file, file.startsWith("start") ? PAGES : DIST));
  const content = spoil(bytes);
  if (content === "hold") return;
  if (content === "cut") return response.destroy();
  const directives = Object.entries(policy).map(([name, value]) => `${name} ${value}`);
  response.setHeader("content-security-policy", directives.join("; "));
  if (typeof content === "number") return response.writeHead(content).end("not this time");
  const type = TYPES[String(content).startsWith("<!doctype") ? "html" : file.split(".").at(-1)];
  response.writeHead(200, { "content-type": type }).end(content);
}
