// The development server: static files under the strict headers of docs/guide.md, and a relay that
// carries signaling between the pages of one room. `node harness/serve.mjs [port]` runs it alone.
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { WebSocketServer } from "ws";

const root = fileURLToPath(new URL("..", import.meta.url));

/** URL prefix to folder. */
const ROOTS = {
  "/dist/": join(root, "dist"),
  "/call/": join(root, "call"),
  "/harness/": join(root, "harness"),
  "/": join(root, "www"),
};

const TYPES = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".mjs": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
};

const policy = (connect) => [
  "default-src 'none'",
  "base-uri 'none'",
  ["connect-src 'self'", ...connect].join(" "),
  "form-action 'none'",
  "frame-ancestors 'none'",
  "img-src 'self' data: blob:",
  "media-src 'self' blob:",
  "require-trusted-types-for 'script'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "trusted-types sealframe",
  "worker-src 'self'",
];

const HEADERS = {
  "cache-control": "no-store",
  "cross-origin-embedder-policy": "require-corp",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

const LIMITS = { message: 256 << 10, rooms: 256, members: 16, backlog: 4 << 20 };

/**
 * Serves the folders in `roots` (beside the usual four) and the relay at `/relay?room=NAME`. Pages
 * may `connect` to these origins too, such as an SFU's. `seen` is called with each path. The relay
 * keeps each message for `delay` milliseconds.
 * @param {{ port?: number, host?: string, roots?: Record<string, string>, connect?: string[], seen?: (path: string) => void, delay?: number }} [options]
 */
export async function serve({
  port = 0,
  host = "127.0.0.1",
  roots = {},
  connect = [],
  seen,
  delay = 0,
} = {}) {
  const folders = Object.entries({ ...ROOTS, ...roots }).sort(([a], [b]) => b.length - a.length);
  const server = createServer((request, response) => {
    seen?.(request.url);
    response.setHeaders(
      new Headers({ ...HEADERS, "content-security-policy": policy(connect).join("; ") }),
    );
    answer(folders, request, response).catch(() => finish(response, 500));
  });
  const relay = attachRelay(server, delay);
  await new Promise((done, failed) => server.once("error", failed).listen(port, host, done));
  const url = `http://${host.includes(":") ? `[${host}]` : host}:${server.address().port}/`;
  return { url, port: server.address().port, close: () => close(server, relay) };
}

async function answer(folders, request, response) {
  if (request.method !== "GET" && request.method !== "HEAD") return finish(response, 405);
  const path = pathOf(request.url);
  const [prefix, folder] = folders.find(([start]) => path?.startsWith(start)) ?? [];
  if (!folder) return finish(response, 404);
  const file = join(folder, path.slice(prefix.length) || "index.html");
  const found = await stat(file).catch(() => undefined);
  if (!found?.isFile()) return finish(response, 404);
  const type = TYPES[extname(file)] ?? "application/octet-stream";
  response.writeHead(200, { "content-type": type, "content-length": found.size });
  if (request.method === "HEAD") return response.end();
  createReadStream(file)
    .on("error", () => response.destroy())
    .pipe(response);
}

/** The decoded path without "..", or undefined. */
function pathOf(url) {
  try {
    const path = decodeURIComponent(new URL(url, "http://localhost").pathname);
    return path.includes("\0") || path.includes("\\") ? undefined : normalize(path);
  } catch {
    return undefined;
  }
}

function finish(response, status) {
  if (response.headersSent) return response.destroy();
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8" });
  response.end(`${status}\n`);
}

/**
 * Messages are JSON texts. A message with `to` goes to that member, any other message to all
 * others. The relay sets `from`. A newcomer gets `{ type: "here", peers }`. The others get `{ type:
 * "came" | "left", from }`, without delay.
 */
function attachRelay(server, delay) {
  const relay = new WebSocketServer({ server, path: "/relay", maxPayload: LIMITS.message });
  const rooms = new Map();
  // Timers of the same length end in the order in which they started, so messages stay in order.
  const post = delay > 0 ? (socket, message) => setTimeout(send, delay, socket, message) : send;
  let count = 0;
  relay.on("connection", (socket, request) => {
    const name = new URL(request.url, "http://localhost").searchParams.get("room") ?? "";
    if (!allowed(request) || !enter(rooms, name)) return socket.close(1008);
    const id = `peer-${++count}`;
    const room = rooms.get(name);
    send(socket, { type: "here", self: id, peers: [...room.keys()] });
    tell(room, { type: "came", from: id });
    room.set(id, socket);
    socket.on("error", () => socket.terminate());
    socket.on("message", (data, binary) => forward(room, id, data, binary, post));
    socket.on("close", () => {
      room.delete(id);
      tell(room, { type: "left", from: id });
      if (room.size === 0) rooms.delete(name);
    });
  });
  return relay;
}

/** Whether the request comes from a page of this server. Pages of other origins are refused. */
function allowed({ headers }) {
  return !headers.origin || new URL(headers.origin).host === headers.host;
}

function enter(rooms, name) {
  if (!/^[\w-]{1,64}$/.test(name)) return false;
  if (!rooms.has(name)) {
    if (rooms.size >= LIMITS.rooms) return false;
    rooms.set(name, new Map());
  }
  return rooms.get(name).size < LIMITS.members;
}

function forward(room, from, data, binary, post) {
  const message = binary ? undefined : parse(data);
  if (message === null || typeof message !== "object") return;
  const { to } = message;
  if (to === undefined) return tell(room, { ...message, from }, from, post);
  if (room.has(to)) post(room.get(to), { ...message, from });
}

function parse(data) {
  try {
    return JSON.parse(data.toString());
  } catch {
    return undefined;
  }
}

function tell(room, message, except, post = send) {
  for (const [id, socket] of room) if (id !== except) post(socket, message);
}

function send(socket, message) {
  // A member that does not read is disconnected, because the relay stores nothing.
  if (socket.bufferedAmount > LIMITS.backlog) return socket.terminate();
  socket.send(JSON.stringify(message));
}

function close(server, relay) {
  relay.clients.forEach((socket) => socket.terminate());
  relay.close();
  server.closeAllConnections();
  return new Promise((done) => server.close(() => done()));
}

if (process.argv[1] && import.meta.url === pathToFileURL(resolve(process.argv[1])).href) {
  const { url } = await serve({ port: Number(process.argv[2] ?? 8080) });
  process.stdout.write(`${url}\n`);
}
