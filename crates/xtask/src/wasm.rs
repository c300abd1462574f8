//! Rust sources to an optimised wasm module and its glue.

use crate::house::{House, run};
use crate::recipe::Recipe;
use crate::stamp::Step;
use crate::swizzle::make_strict;
use anyhow::Result;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};
use wasm_bindgen_cli_support::Bindgen;

pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// The crates that become modules of `dist/`.
#[derive(Clone, Copy)]
pub(crate) enum Module {
    Core,
    Vault,
}

impl Module {
    pub(crate) const fn package(self) -> &'static str {
        match self {
            Self::Core => "sealframe",
            Self::Vault => "sealframe-vault",
        }
    }

    /// What its files are called.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Core => "core",
            Self::Vault => "vault",
        }
    }
}

/// What wasm-bindgen made of a compiled module.
pub(crate) struct Glue {
    pub(crate) wasm: PathBuf,
    pub(crate) js: PathBuf,
    pub(crate) types: PathBuf,
}

/// Compiles a module. Cargo itself knows whether there is something to do.
pub(crate) fn compile(
    house: &House,
    recipe: &Recipe,
    module: Module,
    feature: Option<&str>,
) -> Result<PathBuf> {
    // Not `cargo build`: with an rlib beside the cdylib, cargo leaves link-time optimisation out.
    let mut cargo = cargo(house, recipe, ["rustc", "--package", module.package()]);
    cargo.args(["--release", "--lib", "--crate-type", "cdylib"]);
    cargo.args(feature.map(|name| format!("--features={name}")));
    run(&mut cargo)?;
    Ok(house.compiled(module.package()))
}

/// Lints what [`compile`] compiles.
pub(crate) fn clippy(house: &House, recipe: &Recipe) -> Result<()> {
    let mut cargo = cargo(house, recipe, ["clippy"]);
    cargo.args(
        [Module::Core, Module::Vault].map(|module| format!("--package={}", module.package())),
    );
    // In the profile of the build, whose procedural macros it then shares.
    run(cargo.args(["--release", "--", "--deny=warnings"]))
}

/// Splits a compiled module into wasm and glue for `initSync({ module: bytes })`.
pub(crate) fn bindgen(house: &House, module: Module, compiled: &Path, out: &Path) -> Result<Glue> {
    let name = module.name();
    let [wasm, js, types] =
        ["_bg.wasm", ".js", ".d.ts"].map(|end| out.join(format!("{name}{end}")));
    let step = Step {
        name: &format!("wasm-bindgen {}/{name}", label(out)),
        inputs: &[compiled.to_owned()],
        outputs: &[wasm.clone(), js.clone(), types.clone()],
        flags: &[],
    };
    step.run(house, || {
        Bindgen::new()
            .input_path(compiled)
            .out_name(name)
            .web(true)?
            .omit_default_module_path(true)
            .remove_name_section(true)
            .remove_producers_section(true)
            // js/engine.js makes a new instance from the same module after a trap.
            .reset_state_function(true)
            .typescript(true)
            .generate(out)
    })?;
    Ok(Glue { wasm, js, types })
}

pub(crate) fn optimize(house: &House, recipe: &Recipe, from: &Path, to: &Path) -> Result<()> {
    let step = Step {
        name: &format!("wasm-opt {}", label(to)),
        inputs: &[from.to_owned()],
        outputs: &[to.to_owned()],
        flags: &recipe.wasm_opt.flags,
    };
    step.run(house, || {
        let partial = to.with_extension("partial");
        let mut wasm_opt = house.npm("wasm-opt")?;
        run(wasm_opt.args(&recipe.wasm_opt.flags).arg(from).arg("-o").arg(&partial))?;
        let mut module = fs::read(&partial)?;
        make_strict(&mut module)?;
        fs::write(&partial, module)?;
        // Who reads it meanwhile sees the old one or the new one, never half of one.
        Ok(fs::rename(partial, to)?)
    })
}

/// Cargo for the wasm target, with the flags of the recipe.
pub(crate) fn cargo<const N: usize>(house: &House, recipe: &Recipe, args: [&str; N]) -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or("cargo".into()));
    cargo.current_dir(house.root()).args(args).args(["--target", TARGET]);
    // For the wasm target alone: with `--target`, build scripts and native builds never see it.
    cargo.env_remove("RUSTFLAGS").env("CARGO_ENCODED_RUSTFLAGS", rustflags(house, recipe));
    cargo
}

fn rustflags(house: &House, recipe: &Recipe) -> String {
    let features =
        recipe.rust.target_features.iter().map(|name| format!("-Ctarget-feature={name}"));
    // No folder or registry of the building machine in panic messages: same bytes everywhere.
    let remap = |(folder, name): (PathBuf, &str)| {
        format!("--remap-path-prefix={}={name}", folder.display())
    };
    features.chain(folders(house).into_iter().map(remap)).collect::<Vec<_>>().join("\x1f")
}

/// Folders that sources lie in; of two that match, rustc takes the later one.
fn folders(house: &House) -> Vec<(PathBuf, &'static str)> {
    let cargo_home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let cargo_home = cargo_home.or_else(|| Some(env::home_dir()?.join(".cargo")));
    let registries = cargo_home.and_then(|home| home.join("registry/src").read_dir().ok());
    let crates = registries.into_iter().flatten().flatten().map(|entry| (entry.path(), "crates"));
    crates.chain([(house.root().to_owned(), "sealframe")]).collect()
}

fn label(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
