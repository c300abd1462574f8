//! The folders and programs of the repository.

use anyhow::{Context, Result, bail};
use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The folders of the repository.
pub(crate) struct Workspace {
    root: PathBuf,
    cargo_target: PathBuf,
}

impl Workspace {
    pub(crate) fn find() -> Result<Self> {
        let here = env::var_os("CARGO_MANIFEST_DIR").context("run it with `cargo run`")?;
        let root = Path::new(&here).ancestors().nth(2).context("not in crates/xtask")?.to_owned();
        // The program is <target>/debug/xtask, wherever the target directory is configured to be.
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

    /// The wasm-bindgen glue. `js/worker/` imports it, so its place never changes.
    pub(crate) fn glue(&self) -> PathBuf {
        self.generated("glue")
    }

    /// A folder for generated files that are not shipped.
    pub(crate) fn generated(&self, name: &str) -> PathBuf {
        self.root.join("target").join(name)
    }

    /// The output of cargo for wasm.
    pub(crate) fn compiled(&self, package: &str) -> PathBuf {
        let name = package.replace('-', "_");
        self.cargo_target.join(format!("wasm32-unknown-unknown/release/{name}.wasm"))
    }

    /// A program that `npm ci` installs in `node_modules`.
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

/// Runs a program to its end, and returns what it wrote to its standard output.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.stderr(Stdio::inherit()).output();
    let output = output.with_context(|| format!("cannot start {program}"))?;
    if !output.status.success() {
        bail!("{program} failed ({})", output.status);
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// Runs a program to its end. Its output goes to our output.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    let status = command.status().with_context(|| format!("cannot start {program}"))?;
    if !status.success() {
        bail!("{program} failed ({status})");
    }
    Ok(())
}
