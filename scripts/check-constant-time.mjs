// `node scripts/check-constant-time.mjs [module.wasm…]`: checks that no secret decides what the
// engine does.
//
// Executes crates/aes-gcm-simd as compiled to wasm, and as wasm-opt leaves it, with key and text
// marked as secret (crates/aes-gcm-simd/check/audit.mjs). Fails at each branch, select, indirect
// call or address that one of them decides, and at code of the engine that the run did not reach.
import { audit } from "../crates/aes-gcm-simd/check/audit.mjs";
import { build, optimize } from "../crates/aes-gcm-simd/check/build.mjs";

const given = process.argv.slice(2);
for (const path of given.length ? given : built()) {
  const { found, missed, verdicts, instructions } = audit(path);
  console.log(`${path}: ${instructions} instructions of the engine`);
  console.log(`  decided by a secret: ${found.length}`);
  console.log(`  the one exception, the verdict on a tag: in ${verdicts.join(", ")}`);
  console.log(`  never run: ${missed.length}`);
  for (const line of [...found, ...missed]) console.log(`  ${line}`);
  if (found.length || missed.length || verdicts.join() !== "open") process.exitCode = 1;
}

function built() {
  const modules = ["simd", "relaxed"].map(build);
  return [...modules, ...modules.map(optimize)].filter(Boolean);
}
