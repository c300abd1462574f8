//! What only `npm run bench` measures: the cipher alone, and everything once more without SIMD.
//!
//! ```text
//! with SIMD     target/bench/engine-simd.wasm
//! without it    target/bench/engine-portable.wasm, target/bench/core-portable.wasm
//! ```

use crate::house::{House, run};
use crate::recipe::Recipe;
use crate::wasm::{self, Module, TARGET};
use anyhow::Result;
use std::path::PathBuf;
use std::process::Command;

/// The modules; the core with SIMD is `dist/core.wasm`.
pub(crate) fn build(house: &House, recipe: &Recipe) -> Result<()> {
    std::fs::create_dir_all(house.generated("bench"))?;
    engine(house, recipe, "simd")?;
    let portable = Recipe::read(house)?.portable();
    engine(house, &portable, "portable")?;
    core(house, &portable)
}

/// The cipher behind the thinnest interface there is: an example of its crate.
fn engine(house: &House, recipe: &Recipe, variant: &str) -> Result<()> {
    let mut cargo = wasm::cargo(house, recipe, ["build", "--package=aes-gcm-simd"]);
    cargo.args(["--release", "--example=engine", "--target-dir"]).arg(target(house, variant));
    run(fast(&mut cargo))?;
    let compiled = target(house, variant).join(TARGET).join("release/examples/engine.wasm");
    let out = house.generated("bench").join(format!("engine-{variant}.wasm"));
    wasm::optimize(house, recipe, &compiled, &out)
}

/// Our whole core with the portable cipher. It has the same face, so the same worker drives it.
fn core(house: &House, portable: &Recipe) -> Result<()> {
    let mut cargo = wasm::cargo(house, portable, ["rustc", "--package=sealframe"]);
    cargo.args(["--release", "--lib", "--crate-type=cdylib", "--target-dir"]);
    run(fast(cargo.arg(target(house, "portable"))))?;
    let compiled = target(house, "portable").join(TARGET).join("release/sealframe.wasm");
    let glue =
        wasm::bindgen(house, Module::Core, &compiled, &house.generated("bench/glue-portable"))?;
    wasm::optimize(house, portable, &glue.wasm, &house.generated("bench/core-portable.wasm"))
}

/// A comparison is fair only if the other side is compiled for speed too.
fn fast(cargo: &mut Command) -> &mut Command {
    cargo.env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "3")
}

/// Flags differ between the two, and cargo would forget one build over the other.
fn target(house: &House, variant: &str) -> PathBuf {
    house.generated("bench").join(format!("cargo-{variant}"))
}
