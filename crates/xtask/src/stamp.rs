//! A step runs again only if one of its inputs has changed since the last time.

use crate::workspace::Workspace;
use anyhow::{Context, Result};
use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// One step: its name, its inputs, its outputs, and other values that determine its result.
pub(crate) struct Step<'a> {
    pub(crate) name: &'a str,
    pub(crate) inputs: &'a [PathBuf],
    pub(crate) outputs: &'a [PathBuf],
    pub(crate) flags: &'a [String],
}

impl Step<'_> {
    /// Calls `work` unless the step is up to date. Prints which of the two it was.
    pub(crate) fn run(
        &self,
        workspace: &Workspace,
        work: impl FnOnce() -> Result<()>,
    ) -> Result<()> {
        let stamp = workspace.generated("stamps").join(self.name.replace('/', "-"));
        let digest = self.digest(workspace)?;
        let known = fs::read_to_string(&stamp).is_ok_and(|old| old == digest);
        if known && self.outputs.iter().all(|path| path.exists()) {
            eprintln!("  {:28} unchanged", self.name);
            return Ok(());
        }
        let start = Instant::now();
        work().with_context(|| self.name.to_owned())?;
        eprintln!("  {:28} {:.1} s", self.name, start.elapsed().as_secs_f32());
        fs::create_dir_all(workspace.generated("stamps"))?;
        Ok(fs::write(stamp, digest)?)
    }

    fn digest(&self, workspace: &Workspace) -> Result<String> {
        let mut hasher = DefaultHasher::new();
        self.flags.hash(&mut hasher);
        // The lock files contain the version of every tool.
        for lock in ["Cargo.lock", "package-lock.json"] {
            hash_file(&workspace.root().join(lock), &mut hasher)?;
        }
        for input in self.inputs {
            hash_file(input, &mut hasher)?;
        }
        Ok(format!("{:016x}", hasher.finish()))
    }
}

pub(crate) fn hash_file(path: &Path, hasher: &mut DefaultHasher) -> Result<()> {
    path.file_name().hash(hasher);
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))?.hash(hasher);
    Ok(())
}
