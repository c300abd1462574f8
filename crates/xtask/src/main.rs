//! Builds `dist/` as `wasm-pack.toml` says, and nothing that is built already.
//!
//! ```text
//! src/*.rs, crates/vault -> cargo -> wasm-bindgen -> wasm-opt -> swizzle -> dist/core.wasm, vault.wasm
//!                                         |
//!                                    target/glue/core.js, vault.js; dist/core.js
//! js/*.js + glue -> esbuild -> dist/worker.js, dist/index.js
//! js/stomp.js    -> dist/stomp.js
//! js/*.js        -> tsc     -> dist/*.d.ts
//! ```

mod bench;
mod house;
mod recipe;
mod script;
mod size;
mod stamp;
mod swizzle;
mod wasm;

use anyhow::{Result, bail};
use house::House;
use recipe::Recipe;
use std::process::ExitCode;
use wasm::{Glue, Module};

const USAGE: &str = "cargo run --package xtask -- TASK
  bench      target/bench/: modules that only `npm run bench` measures
  build      dist/, then its sizes against the budgets of wasm-pack.toml
  clippy     lints of what is built for wasm
  size       the sizes alone
  test-core  target/test/core-trap.wasm: a core that tests can make trap";

fn main() -> ExitCode {
    let task = std::env::args().nth(1).unwrap_or_default();
    let Err(error) = run(&task) else { return ExitCode::SUCCESS };
    eprintln!("{error:#}");
    ExitCode::FAILURE
}

fn run(task: &str) -> Result<()> {
    let house = House::find()?;
    let recipe = Recipe::read(&house)?;
    match task {
        "bench" => bench::build(&house, &recipe),
        "build" => build(&house, &recipe),
        "clippy" => wasm::clippy(&house, &recipe),
        "size" => size::report(&house, &recipe),
        "test-core" => test_core(&house, &recipe),
        _ => bail!("usage: {USAGE}"),
    }
}

fn build(house: &House, recipe: &Recipe) -> Result<()> {
    std::fs::create_dir_all(house.dist())?;
    let core = module(house, recipe, Module::Core)?;
    module(house, recipe, Module::Vault)?;
    script::copy_glue(house, &core)?;
    script::bundle(house, recipe, "worker.js")?;
    script::bundle(house, recipe, "index.js")?;
    script::copy(house, "stomp.js")?;
    script::declare(house)?;
    size::report(house, recipe)
}

/// `dist/NAME.wasm`, and its glue, which `js/` imports.
fn module(house: &House, recipe: &Recipe, module: Module) -> Result<Glue> {
    let compiled = wasm::compile(house, recipe, module, None)?;
    let glue = wasm::bindgen(house, module, &compiled, &house.glue())?;
    let out = house.dist().join(format!("{}.wasm", module.name()));
    wasm::optimize(house, recipe, &glue.wasm, &out)?;
    Ok(glue)
}

fn test_core(house: &House, recipe: &Recipe) -> Result<()> {
    let compiled = wasm::compile(house, recipe, Module::Core, Some("test-trap"))?;
    let glue = wasm::bindgen(house, Module::Core, &compiled, &house.generated("glue-trap"))?;
    let out = house.generated("test");
    std::fs::create_dir_all(&out)?;
    wasm::optimize(house, recipe, &glue.wasm, &out.join("core-trap.wasm"))
}
