// Builds dist/ after setting up what that needs. The recipe is wasm-pack.toml; crates/xtask follows it.
import { setupBuild } from "./setup.mjs";
import { isMain, main, run, step } from "./steps.mjs";

/** Brings dist/ up to date: a second or less where nothing has changed. */
export async function build() {
  await setupBuild();
  await step("build", () => xtask("build"));
}

/** A task of crates/xtask. All it prints goes to stderr. `by` is `run` or `runBeside`. */
export function xtask(task, by = run) {
  return by("cargo", ["run", "--quiet", "--package", "xtask", "--", task], { toStderr: true });
}

if (isMain(import.meta.url)) await main(build);
