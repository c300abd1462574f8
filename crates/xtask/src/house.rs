//! Where things are.

use anyhow::{Context, Result, bail};
use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The folders of the repository.
pub(crate) struct House {
    root: PathBuf,
    cargo_target: PathBuf,
}

impl House {
    pub(crate) fn find() -> Result<Self> {
        let here = env::var_os("CARGO_MANIFEST_DIR").context("run me with `cargo run`")?;
        let root = Path::new(&here).ancestors().nth(2).context("not in crates/xtask")?.to_owned();
        // <target>/debug/xtask: right wherever the target directory was configured to be.
        let program = env::current_exe()?;
        let cargo_target = program.ancestors().nth(2).context("no target directory")?.to_owned();
        Ok(Self { root, cargo_target })
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn dist(&self) -> PathBuf {
        self.root.join("dist")
    }

    pub(crate) fn js(&self, name: &str) -> PathBuf {
        self.root.join("js").join(name)
    }

    /// The wasm-bindgen glue that `js/worker.js` imports, so its place never moves.
    pub(crate) fn glue(&self) -> PathBuf {
        self.generated("glue")
    }

    /// A folder for generated files that are not shipped.
    pub(crate) fn generated(&self, name: &str) -> PathBuf {
        self.root.join("target").join(name)
    }

    /// What cargo compiled for wasm.
    pub(crate) fn compiled(&self, package: &str) -> PathBuf {
        let name = package.replace('-', "_");
        self.cargo_target.join(format!("wasm32-unknown-unknown/release/{name}.wasm"))
    }

    /// A program that `npm ci` has put into `node_modules`.
    pub(crate) fn npm(&self, program: &str) -> Result<Command> {
        let path = self.root.join("node_modules/.bin").join(program);
        if !path.exists() {
            bail!("{program} is not installed: run `npm ci` (npm start and npm test do)");
        }
        let mut command = Command::new(path);
        command.current_dir(&self.root);
        Ok(command)
    }
}

/// Runs a program to its end; its output goes where ours goes.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    let status = command.status().with_context(|| format!("cannot start {program}"))?;
    if !status.success() {
        bail!("{program} failed ({status})");
    }
    Ok(())
}
