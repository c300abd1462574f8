//! Builds `dist/` as `wasm-pack.toml` describes, and skips everything that is up to date.
//!
//! ```text
//! src/, crates/argon2, crates/mls -> cargo -> crates/glue -> wasm-opt -> crates/glue
//!                                                |                          |
//!                                                |                     target/wasm/*.wasm
//!                                           target/glue/*.js; dist/core.js
//! all of these and js/ -> target/glue/build.js, the build id -> dist/*.wasm
//! js/worker/main, js/page/index + glue -> esbuild -> dist/worker.js, dist/index.js
//! js/page/livekit, mediasoup, report, stomp -> esbuild -> dist/ of the same names
//! js/node/index + glue                 -> esbuild -> dist/node.js
//! js/ + glue                           -> esbuild -> target/js/, for tests and benchmarks
//! js/page, js/node, js/shared          -> tsc     -> dist/types/
//! cargo tree and metadata, bundles                -> dist/THIRD-PARTY-NOTICES.txt
//! ```

mod bench;
mod identity;
mod notices;
mod recipe;
mod script;
mod size;
mod stamp;
mod wasm;
mod workspace;

use anyhow::{Result, bail};
use recipe::Recipe;
use script::Platform;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use wasm::{Glue, Module};
use workspace::Workspace;

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
    let workspace = Workspace::find()?;
    let recipe = Recipe::read(&workspace)?;
    match task {
        "bench" => bench::build(&workspace, &recipe),
        "build" => build(&workspace, &recipe),
        "clippy" => wasm::clippy(&workspace, &recipe),
        "size" => size::report(&workspace, &recipe),
        "test-core" => test_core(&workspace, &recipe),
        _ => bail!("usage: {USAGE}"),
    }
}

fn build(workspace: &Workspace, recipe: &Recipe) -> Result<()> {
    std::fs::create_dir_all(workspace.dist())?;
    let compile = |module| wasm::compile(workspace, recipe, module, None);
    let ((), core) = beside(|| wasm::prepare_glue(workspace), || compile(Module::Core))?;
    // wasm-opt has one thread, so the other modules are compiled at the same time.
    let finish_other = |module| finish(workspace, recipe, module, &compile(module)?);
    let (core, others) = beside(
        || finish(workspace, recipe, Module::Core, &core),
        || Ok([finish_other(Module::Argon2)?, finish_other(Module::Mls)?]),
    )?;
    let mut inputs = script::sources(workspace)?;
    inputs.extend([&core].into_iter().chain(&others).map(|glue| glue.js.clone()));
    inputs.extend(Module::ALL.map(|module| optimized(workspace, module)));
    identity::write(workspace, recipe, &inputs)?;
    for module in Module::ALL {
        let out = workspace.dist().join(format!("{}.wasm", module.name()));
        identity::label(workspace, &optimized(workspace, module), &out)?;
    }
    script::copy_glue(workspace, &core)?;
    script::bundle(workspace, recipe, Platform::Browser, "worker/main.ts", "worker.js")?;
    script::bundle(workspace, recipe, Platform::Browser, "page/index.ts", "index.js")?;
    script::bundle(workspace, recipe, Platform::Node, "node/index.ts", "node.js")?;
    for name in ["livekit", "mediasoup", "report", "stomp"] {
        let (entry, out) = (format!("page/{name}.ts"), format!("{name}.js"));
        script::translate(workspace, recipe, &entry, &out)?;
    }
    script::modules(workspace, recipe)?;
    script::declare(workspace)?;
    notices::write(workspace, recipe)?;
    size::report(workspace, recipe)
}

/// The optimised module, and its glue, which `js/` imports.
fn finish(workspace: &Workspace, recipe: &Recipe, module: Module, compiled: &Path) -> Result<Glue> {
    let glue = wasm::bindgen(workspace, module, compiled, &workspace.glue())?;
    std::fs::create_dir_all(workspace.generated("wasm"))?;
    wasm::optimize(workspace, recipe, &glue.wasm, &optimized(workspace, module))?;
    Ok(glue)
}

/// A module before the build id is known.
fn optimized(workspace: &Workspace, module: Module) -> PathBuf {
    workspace.generated("wasm").join(format!("{}.wasm", module.name()))
}

/// Runs both at the same time.
fn beside<A: Send, B>(
    one: impl FnOnce() -> Result<A> + Send,
    other: impl FnOnce() -> Result<B>,
) -> Result<(A, B)> {
    std::thread::scope(|scope| {
        let one = scope.spawn(one);
        let other = other()?;
        Ok((one.join().expect("a panic ends the build anyway")?, other))
    })
}

fn test_core(workspace: &Workspace, recipe: &Recipe) -> Result<()> {
    let compiled = wasm::compile(workspace, recipe, Module::Core, Some("test-trap"))?;
    let glue =
        wasm::bindgen(workspace, Module::Core, &compiled, &workspace.generated("glue-trap"))?;
    let out = workspace.generated("test");
    std::fs::create_dir_all(&out)?;
    let optimized = workspace.generated("wasm").join("core-trap.wasm");
    wasm::optimize(workspace, recipe, &glue.wasm, &optimized)?;
    identity::label(workspace, &optimized, &out.join("core-trap.wasm"))
}
