//! Modules for `npm run bench`: the cipher alone, and everything once more without SIMD.
//!
//! ```text
//! with SIMD     target/bench/engine-simd.wasm
//! without it    target/bench/engine-portable.wasm, target/bench/core-portable.wasm
//! ```

use crate::recipe::Recipe;
use crate::wasm::{self, Module, TARGET};
use crate::workspace::{Workspace, run};
use anyhow::Result;
use std::path::PathBuf;
use std::process::Command;

/// The modules; the core with SIMD is `dist/core.wasm`.
pub(crate) fn build(workspace: &Workspace, recipe: &Recipe) -> Result<()> {
    std::fs::create_dir_all(workspace.generated("bench"))?;
    engine(workspace, recipe, "simd")?;
    let portable = Recipe::read(workspace)?.portable();
    engine(workspace, &portable, "portable")?;
    core(workspace, &portable)
}

/// The cipher behind the thinnest possible interface: an example of its crate.
fn engine(workspace: &Workspace, recipe: &Recipe, variant: &str) -> Result<()> {
    let mut cargo = wasm::cargo(workspace, recipe, ["build", "--package=aes-gcm-simd"]);
    cargo.args(["--release", "--example=engine", "--target-dir"]).arg(target(workspace, variant));
    run(fast(&mut cargo))?;
    let compiled = target(workspace, variant).join(TARGET).join("release/examples/engine.wasm");
    let out = workspace.generated("bench").join(format!("engine-{variant}.wasm"));
    wasm::optimize(workspace, recipe, &compiled, &out)
}

/// Our whole core with the portable cipher. It has the same interface, so the same worker runs it.
fn core(workspace: &Workspace, portable: &Recipe) -> Result<()> {
    let mut cargo = wasm::cargo(workspace, portable, ["rustc", "--package=sealframe"]);
    cargo.args(["--release", "--lib", "--crate-type=cdylib", "--target-dir"]);
    run(fast(cargo.arg(target(workspace, "portable"))))?;
    let compiled = target(workspace, "portable").join(TARGET).join("release/sealframe.wasm");
    let glue = wasm::bindgen(
        workspace,
        Module::Core,
        &compiled,
        &workspace.generated("bench/glue-portable"),
    )?;
    wasm::optimize(
        workspace,
        portable,
        &glue.wasm,
        &workspace.generated("bench/core-portable.wasm"),
    )
}

/// A comparison is fair only if the other side is compiled for speed too.
fn fast(cargo: &mut Command) -> &mut Command {
    cargo.env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "3")
}

/// The flags differ between the two, and cargo would replace one build by the other.
fn target(workspace: &Workspace, variant: &str) -> PathBuf {
    workspace.generated("bench").join(format!("cargo-{variant}"))
}
