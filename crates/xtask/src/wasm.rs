//! Compiles Rust sources to an optimised wasm module and its glue.

use crate::recipe::Recipe;
use crate::stamp::Step;
use crate::workspace::{Workspace, run};
use anyhow::Result;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// The crates that become modules of `dist/`.
#[derive(Clone, Copy)]
pub(crate) enum Module {
    Core,
    Argon2,
    Mls,
}

impl Module {
    pub(crate) const ALL: [Self; 3] = [Self::Core, Self::Argon2, Self::Mls];

    pub(crate) const fn package(self) -> &'static str {
        match self {
            Self::Core => "sealframe",
            Self::Argon2 => "sealframe-argon2",
            Self::Mls => "sealframe-mls",
        }
    }

    /// The names of its files.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Core => "core",
            Self::Argon2 => "argon2",
            Self::Mls => "mls",
        }
    }
}

/// The output of wasm-bindgen for a compiled module.
pub(crate) struct Glue {
    pub(crate) wasm: PathBuf,
    pub(crate) js: PathBuf,
    pub(crate) types: PathBuf,
}

/// Compiles a module. Cargo skips it if it is up to date.
pub(crate) fn compile(
    workspace: &Workspace,
    recipe: &Recipe,
    module: Module,
    feature: Option<&str>,
) -> Result<PathBuf> {
    // Not `cargo build`: for an rlib besides the cdylib cargo omits link-time optimisation.
    let mut cargo = cargo(workspace, recipe, ["rustc", "--package", module.package()]);
    cargo.args(["--release", "--lib", "--crate-type", "cdylib"]);
    cargo.args(feature.map(|name| format!("--features={name}")));
    run(&mut cargo)?;
    Ok(workspace.compiled(module.package()))
}

/// Lints the sources of [`compile`].
pub(crate) fn clippy(workspace: &Workspace, recipe: &Recipe) -> Result<()> {
    // One after the other, as they are built: together they would share the features of crates.
    for module in Module::ALL {
        let mut cargo = cargo(workspace, recipe, ["clippy", "--package", module.package()]);
        // In the profile of the build, so that its procedural macros are shared.
        run(cargo.args(["--release", "--", "--deny=warnings"]))?;
    }
    Ok(())
}

/// Splits a compiled module into wasm and glue for `initSync({ module: bytes })`.
pub(crate) fn bindgen(
    workspace: &Workspace,
    module: Module,
    compiled: &Path,
    out: &Path,
) -> Result<Glue> {
    let name = module.name();
    let [wasm, js, types] =
        ["_bg.wasm", ".js", ".d.ts"].map(|end| out.join(format!("{name}{end}")));
    let step = Step {
        name: &format!("wasm-bindgen {}/{name}", label(out)),
        inputs: &[compiled.to_owned()],
        outputs: &[wasm.clone(), js.clone(), types.clone()],
        flags: &[],
    };
    step.run(workspace, || {
        let mut glue = glue(workspace, "run");
        run(glue.args(["--", "bindgen"]).arg(compiled).arg(name).arg(out))
    })?;
    Ok(Glue { wasm, js, types })
}

pub(crate) fn optimize(
    workspace: &Workspace,
    recipe: &Recipe,
    from: &Path,
    to: &Path,
) -> Result<()> {
    let step = Step {
        name: &format!("wasm-opt {}", label(to)),
        inputs: &[from.to_owned()],
        outputs: &[to.to_owned()],
        flags: &recipe.wasm_opt.flags,
    };
    step.run(workspace, || {
        let partial = to.with_extension("partial");
        let mut wasm_opt = workspace.npm("wasm-opt")?;
        run(wasm_opt.args(&recipe.wasm_opt.flags).arg(from).arg("-o").arg(&partial))?;
        run(glue(workspace, "run").args(["--", "strict"]).arg(&partial))?;
        // A reader sees the old file or the new one, never a part of one.
        Ok(fs::rename(partial, to)?)
    })
}

/// Compiles crates/glue. Cargo's lock makes other processes wait.
pub(crate) fn prepare_glue(workspace: &Workspace) -> Result<()> {
    run(&mut glue(workspace, "build"))
}

fn glue(workspace: &Workspace, task: &str) -> Command {
    let mut cargo = cargo_command(workspace);
    cargo.args([task, "--quiet", "--package", "glue"]);
    cargo
}

pub(crate) fn cargo_command(workspace: &Workspace) -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or("cargo".into()));
    cargo.current_dir(workspace.root());
    cargo
}

/// Cargo for the wasm target, with the flags of the recipe.
pub(crate) fn cargo<const N: usize>(
    workspace: &Workspace,
    recipe: &Recipe,
    args: [&str; N],
) -> Command {
    let mut cargo = cargo_command(workspace);
    cargo.args(args).args(["--target", TARGET]);
    // For the wasm target alone: with `--target`, build scripts and native builds do not get it.
    cargo.env_remove("RUSTFLAGS").env("CARGO_ENCODED_RUSTFLAGS", rustflags(workspace, recipe));
    cargo
}

fn rustflags(workspace: &Workspace, recipe: &Recipe) -> String {
    let features =
        recipe.rust.target_features.iter().map(|name| format!("-Ctarget-feature={name}"));
    // No folder or registry of the building machine in panic messages: the same bytes everywhere.
    let remap = |(folder, name): (PathBuf, &str)| {
        format!("--remap-path-prefix={}={name}", folder.display())
    };
    features.chain(folders(workspace).into_iter().map(remap)).collect::<Vec<_>>().join("\x1f")
}

/// The folders of all sources. If two match, rustc takes the later one.
fn folders(workspace: &Workspace) -> Vec<(PathBuf, &'static str)> {
    let cargo_home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let cargo_home = cargo_home.or_else(|| Some(env::home_dir()?.join(".cargo")));
    let registries = cargo_home.and_then(|home| home.join("registry/src").read_dir().ok());
    let crates = registries.into_iter().flatten().flatten().map(|entry| (entry.path(), "crates"));
    crates.chain([(workspace.root().to_owned(), "sealframe")]).collect()
}

fn label(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
