// Builds dist/. The recipe is wasm-pack.toml; crates/xtask follows it.
import { setupBuild } from "./setup.mjs";
import { run, step } from "./steps.mjs";

/** Sets up what a build needs and brings dist/ up to date. It is quick if nothing changed. */
export async function build() {
  await setupBuild();
  await step("build", () => xtask("build"));
}

/** Runs a task of crates/xtask. All its output goes to stderr. `by` is `run` or `runBeside`. */
export function xtask(task, by = run) {
  return by("cargo", ["run", "--quiet", "--package", "xtask", "--", task], { toStderr: true });
}
