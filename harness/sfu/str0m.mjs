// Our own SFU on str0m (harness/sfu/str0m), built on first use.
import { join } from "node:path";
import { root, run, step } from "../steps.mjs";
import { startWhipServer } from "./whip-server.mjs";

const target = join(root, "target/sfu/str0m");
const program = join(target, "debug/sealframe-str0m-sfu");

export async function setup() {
  const manifest = join(root, "harness/sfu/str0m/Cargo.toml");
  const args = ["build", "--quiet", "--locked", "--manifest-path", manifest];
  await step("the SFU on str0m (2 minutes at first)", () =>
    run("cargo", [...args, "--target-dir", target], { toStderr: true }),
  );
}

/** @returns {Promise<import("./index.mjs").MediaServer>} once it answers */
export function start() {
  return startWhipServer("str0m", ({ port, media }) => [program, [port, media]]);
}
