// `node build.mjs BUNDLER` builds app/ with that bundler into out/BUNDLER. `node build.mjs vue`,
// `livekit` and `mediasoup` build these folders with Vite. It runs in the folder that has the
// bundlers.
import { copyFile, cp, mkdir } from "node:fs/promises";
import { join } from "node:path";

const name = process.argv[2];
const out = join(import.meta.dirname, "out", name);
const [page, main] = ["app/index.html", "app/main.js"].map((path) =>
  join(import.meta.dirname, path),
);

const BUNDLERS = {
  vite: () => viteBuild("vite", "app"),
  vite7: () => viteBuild("vite7", "app"),
  vite6: () => viteBuild("vite6", "app"),
  vue: () => viteBuild("vite", "vue"),
  livekit: () => viteBuild("vite", "livekit"),
  mediasoup: () => viteBuild("vite", "mediasoup"),

  async webpack() {
    const { default: webpack } = await import("webpack");
    const output = { path: out, filename: "main.js", publicPath: "auto" };
    const stats = await new Promise((done, failed) => {
      webpack({ mode: "production", entry: main, output }, (error, stats) =>
        error ? failed(error) : done(stats),
      );
    });
    if (stats.hasErrors()) throw new Error(stats.toString());
    await copyPage();
  },

  async rollup() {
    const { rollup } = await import("rollup");
    const { importMetaAssets } = await import("@web/rollup-plugin-import-meta-assets");
    const { nodeResolve } = await import("@rollup/plugin-node-resolve");
    const bundle = await rollup({ input: main, plugins: [nodeResolve(), importMetaAssets()] });
    await bundle.write({ dir: out, format: "es" });
    await copyPage();
  },

  /** esbuild copies no asset by itself: see docs/guide.md, "Bundlers". */
  async esbuild() {
    const { build } = await import("esbuild");
    await build({ entryPoints: [main], bundle: true, minify: true, format: "esm", outdir: out });
    const dist = join(import.meta.dirname, "node_modules/sealframe/dist");
    for (const file of ["worker.js", "core.wasm", "argon2.wasm", "mls.wasm"])
      await copyFile(join(dist, file), join(out, file));
    await copyPage();
  },

  /**
   * With current browsers as targets, Parcel writes an inline import map, which the policy refuses.
   */
  async parcel() {
    const { Parcel } = await import("@parcel/core");
    const cacheDir = join(import.meta.dirname, "out/cache");
    await new Parcel({
      entries: page,
      defaultConfig: "@parcel/config-default",
      mode: "production",
      cacheDir,
      defaultTargetOptions: { distDir: out, publicUrl: "/", engines: { browsers: ["chrome 100"] } },
    }).run();
  },
};

await mkdir(out, { recursive: true });
await BUNDLERS[name]();

async function viteBuild(version, root) {
  const { build } = await import(version);
  await build({
    root,
    configFile: false,
    logLevel: "warn",
    build: { outDir: out, emptyOutDir: true },
  });
}

async function copyPage() {
  await cp(page, join(out, "index.html"));
}
