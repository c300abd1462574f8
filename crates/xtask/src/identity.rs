//! The build id: all files of one build have it in common, and no file of another build has it.
//!
//! Page, worker and modules compare it when they start, because a cache or a half-finished
//! deployment may mix files of two builds. It is a hash of all inputs of `dist/`, so the same
//! sources and tools give the same id on every machine.

use crate::recipe::Recipe;
use crate::stamp::{Step, hash_file};
use crate::workspace::Workspace;
use anyhow::{Context, Result, ensure};
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

/// The custom section of a module that holds the id.
const SECTION: &[u8] = b"build";

/// Writes `target/glue/build.js`, which `js/` imports. `inputs` are scripts and optimised modules.
pub(crate) fn write(workspace: &Workspace, recipe: &Recipe, inputs: &[PathBuf]) -> Result<()> {
    let mut hasher = DefaultHasher::new();
    recipe.esbuild.flags.hash(&mut hasher);
    for input in inputs {
        hash_file(input, &mut hasher)?;
    }
    let id = format!("{}-{:016x}", env!("CARGO_PKG_VERSION"), hasher.finish());
    fs::write(script(workspace), format!("export const BUILD = \"{id}\";\n"))?;
    Ok(fs::write(workspace.glue().join("build.d.ts"), "export declare const BUILD: string;\n")?)
}

/// A copy of a module with the id at its end.
pub(crate) fn label(workspace: &Workspace, from: &Path, to: &Path) -> Result<()> {
    let name = to.file_name().unwrap_or_default().to_string_lossy();
    let step = Step {
        name: &format!("label {name}"),
        inputs: &[from.to_owned(), script(workspace)],
        outputs: &[to.to_owned()],
        flags: &[],
    };
    step.run(workspace, || {
        let mut module = fs::read(from)?;
        module.extend(section(&read(workspace)?)?);
        // A reader sees the old file or the new one, never a part of one.
        let partial = to.with_extension("partial");
        fs::write(&partial, module)?;
        Ok(fs::rename(partial, to)?)
    })
}

/// The script with the id of the last build.
pub(crate) fn script(workspace: &Workspace) -> PathBuf {
    workspace.glue().join("build.js")
}

fn read(workspace: &Workspace) -> Result<String> {
    let text = fs::read_to_string(script(workspace)).context("no build yet: run `build` first")?;
    Ok(text.split('"').nth(1).context("target/glue/build.js")?.to_owned())
}

/// WebAssembly core specification 5.5.3: id 0, size, then the length of the name, the name, the
/// content.
fn section(id: &str) -> Result<Vec<u8>> {
    let size = 1 + SECTION.len() + id.len();
    ensure!(size < 128, "a longer section needs a size of two bytes");
    let front = [0, size as u8, SECTION.len() as u8];
    Ok([&front, SECTION, id.as_bytes()].concat())
}
