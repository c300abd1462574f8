//! Builds `dist/` as `wasm-pack.toml` says, and nothing that is built already.
//!
//! ```text
//! src/*.rs -> cargo -> wasm-bindgen -> wasm-opt -> dist/core.wasm
//!                            |
//!                       target/glue/core.js -> dist/core.js
//! js/*.js + glue -> esbuild -> dist/worker.js, dist/index.js
//! js/*.js        -> tsc     -> dist/*.d.ts
//! ```

mod bench;
mod house;
mod recipe;
mod script;
mod size;
mod stamp;
mod wasm;

use anyhow::{Result, bail};
use house::House;
use recipe::Recipe;
use std::process::ExitCode;

const USAGE: &str = "cargo run --package xtask -- TASK
  bench      target/bench/: modules that only `npm run bench` measures
  build      dist/, then its sizes against the budgets of wasm-pack.toml
  clippy     lints of the core as it is built for wasm
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
    let glue = wasm::bindgen(house, &wasm::compile(house, recipe, None)?, &house.glue())?;
    wasm::optimize(house, recipe, &glue.wasm, &house.dist().join("core.wasm"))?;
    script::copy_glue(house, &glue)?;
    script::bundle(house, recipe, "worker.js")?;
    script::bundle(house, recipe, "index.js")?;
    script::declare(house)?;
    size::report(house, recipe)
}

fn test_core(house: &House, recipe: &Recipe) -> Result<()> {
    let compiled = wasm::compile(house, recipe, Some("test-trap"))?;
    let glue = wasm::bindgen(house, &compiled, &house.generated("glue-trap"))?;
    let out = house.generated("test");
    std::fs::create_dir_all(&out)?;
    wasm::optimize(house, recipe, &glue.wasm, &out.join("core-trap.wasm"))
}
