// `node dev.mjs VITE` serves app/ with the development server of that Vite version. It prints its
// address and ends with its standard input. It runs in the folder that has the bundlers.
import { join } from "node:path";

const name = process.argv[2];
const root = import.meta.dirname;

/** Versions whose pre-bundling moves index.js away from worker.js: docs/guide.md, "Bundlers". */
const exclude = name === "vite" ? [] : ["sealframe"];

const { createServer } = await import(name);
const server = await createServer({
  ...{ root, configFile: false, cacheDir: join(root, "out/cache", name), logLevel: "warn" },
  optimizeDeps: { entries: ["app/dev.html"], exclude },
  server: { host: "127.0.0.1", port: 0 },
});
await server.listen();
process.stdin.on("end", () => process.exit()).resume();
console.log(`http://127.0.0.1:${server.httpServer.address().port}/app/dev.html`);
