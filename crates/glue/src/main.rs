//! Turns a module that cargo compiled into its shipped form. It is separate from crates/xtask,
//! which runs it: it takes half a minute to compile, and cargo compiles the modules in that time.

mod swizzle;

use anyhow::{Result, bail};
use std::fs;
use std::process::ExitCode;
use swizzle::make_strict;
use wasm_bindgen_cli_support::Bindgen;

const USAGE: &str = "cargo run --package glue -- TASK
  bindgen MODULE NAME FOLDER   FOLDER/NAME_bg.wasm, its glue NAME.js, and NAME.d.ts
  strict MODULE                makes each relaxed lookup in MODULE a strict one";

fn main() -> ExitCode {
    let arguments = std::env::args().skip(1).collect::<Vec<_>>();
    let arguments = arguments.iter().map(String::as_str).collect::<Vec<_>>();
    let Err(error) = run(&arguments) else { return ExitCode::SUCCESS };
    eprintln!("{error:#}");
    ExitCode::FAILURE
}

fn run(arguments: &[&str]) -> Result<()> {
    match arguments {
        ["bindgen", module, name, folder] => bindgen(module, name, folder),
        ["strict", module] => strict(module),
        _ => bail!("usage: {USAGE}"),
    }
}

/// Splits a compiled module into wasm and glue for `initSync({ module: bytes })`.
fn bindgen(module: &str, name: &str, folder: &str) -> Result<()> {
    Bindgen::new()
        .input_path(module)
        .out_name(name)
        .web(true)?
        .omit_default_module_path(true)
        .remove_name_section(true)
        .remove_producers_section(true)
        // js/worker/core.ts makes a new instance from the same module after a trap.
        .reset_state_function(true)
        .typescript(true)
        .generate(folder)
}

fn strict(path: &str) -> Result<()> {
    let mut module = fs::read(path)?;
    make_strict(&mut module)?;
    Ok(fs::write(path, module)?)
}
