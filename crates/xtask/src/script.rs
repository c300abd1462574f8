//! The JavaScript side: one-file bundles and type declarations.

use crate::recipe::Recipe;
use crate::stamp::Step;
use crate::wasm::Glue;
use crate::workspace::{Workspace, run};
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};

/// Copies the wasm-bindgen interface to `dist/`, for Node and for pages that load the core
/// themselves.
pub(crate) fn copy_glue(workspace: &Workspace, glue: &Glue) -> Result<()> {
    fs::copy(&glue.js, workspace.dist().join("core.js"))?;
    fs::copy(&glue.types, workspace.dist().join("core.d.ts"))?;
    Ok(())
}

/// Where a bundle runs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Platform {
    /// It imports nothing.
    Browser,
    /// It imports modules of Node.
    Node,
}

/// Bundles `js/ENTRY` into `dist/NAME`.
pub(crate) fn bundle(
    workspace: &Workspace,
    recipe: &Recipe,
    platform: Platform,
    entry: &str,
    name: &str,
) -> Result<()> {
    let out = workspace.dist().join(name);
    let step = Step {
        name: &format!("esbuild {name}"),
        inputs: &bundled(workspace)?,
        outputs: std::slice::from_ref(&out),
        flags: &recipe.esbuild.flags,
    };
    step.run(workspace, || {
        let mut esbuild = esbuild(workspace, &recipe.esbuild.flags)?;
        if platform == Platform::Node {
            esbuild.arg("--platform=node");
        }
        run(esbuild.arg(workspace.js(entry)).arg(format!("--outfile={}", out.display())))?;
        let text = remove_docs(&out)?;
        if platform == Platform::Browser { check_bundle(name, &text) } else { Ok(()) }
    })
}

/// Translates `js/ENTRY` into `dist/NAME`, which may import `index.js` only. If it contained that
/// code, there would be two classes of each name, and `instanceof` would fail.
pub(crate) fn translate(
    workspace: &Workspace,
    recipe: &Recipe,
    entry: &str,
    name: &str,
) -> Result<()> {
    let out = workspace.dist().join(name);
    let flags = recipe.esbuild.flags.iter().filter(|flag| *flag != "--bundle");
    let mut esbuild = esbuild(workspace, flags)?;
    run(esbuild.arg(workspace.js(entry)).arg(format!("--outfile={}", out.display())))?;
    let text = remove_docs(&out)?;
    // esbuild gives each of several names a line of its own.
    let is_import = |line: &&str| line.starts_with("import ") || line.starts_with("} from ");
    let mut imports = text.lines().filter(is_import);
    match imports.find(|line| *line != "import {" && !line.ends_with("from \"./index.js\";")) {
        Some(line) => bail!("{name} may import ./index.js only: {line}"),
        None => Ok(()),
    }
}

/// Removes the documentation comments from a script, and returns what is left. esbuild leaves those
/// inside of classes. They are a seventh of what a page loads, and the declarations have them.
fn remove_docs(script: &Path) -> Result<String> {
    let text = without_docs(&fs::read_to_string(script)?);
    fs::write(script, &text)?;
    Ok(text)
}

/// The text without documentation comments. esbuild gives each one lines of its own, and no string
/// of ours has a line that begins like one.
fn without_docs(text: &str) -> String {
    let mut inside = false;
    let is_code = |line: &&str| {
        let docs = inside || line.trim_start().starts_with("/**");
        inside = docs && !line.contains("*/");
        !docs
    };
    text.split_inclusive('\n').filter(is_code).collect()
}

/// Writes each module of `js/` to `target/js/` as JavaScript, for tests and benchmarks. Modules
/// share their imports, so an error class is the same in all of them.
pub(crate) fn modules(workspace: &Workspace, recipe: &Recipe) -> Result<()> {
    let folder = workspace.generated("js");
    let step = Step {
        name: "esbuild target/js",
        inputs: &bundled(workspace)?,
        outputs: std::slice::from_ref(&folder),
        flags: &recipe.esbuild.flags,
    };
    step.run(workspace, || {
        if folder.exists() {
            fs::remove_dir_all(&folder)?; // a module whose source was deleted must not remain
        }
        let mut esbuild = esbuild(workspace, &recipe.esbuild.flags)?;
        esbuild.args(scripts(workspace)?).args(["--splitting", "--external:node:*"]);
        esbuild.arg(format!("--outbase={}", workspace.js("").display()));
        run(esbuild.arg(format!("--outdir={}", folder.display())))
    })
}

fn esbuild<'a>(
    workspace: &Workspace,
    flags: impl IntoIterator<Item = &'a String>,
) -> Result<std::process::Command> {
    let mut esbuild = workspace.npm("esbuild")?;
    esbuild.args(flags).arg("--log-level=warning");
    Ok(esbuild)
}

/// Writes the declarations of `js/page/`, of `js/node/` and of what they import to `dist/types/`.
pub(crate) fn declare(workspace: &Workspace) -> Result<()> {
    let out = workspace.dist().join("types");
    let step = Step {
        name: "tsc dist/types",
        inputs: &sources(workspace)?,
        outputs: std::slice::from_ref(&out),
        flags: &DECLARE.map(str::to_owned),
    };
    step.run(workspace, || {
        if out.exists() {
            fs::remove_dir_all(&out)?; // a declaration whose source was deleted must not be shipped
        }
        for project in ["js/node/tsconfig.json", "js/page/tsconfig.json"] {
            let mut tsc = workspace.npm("tsc")?;
            run(tsc.arg("--project").arg(project).args(DECLARE).arg(&out))?;
        }
        // No public declaration imports one of the worker's.
        fs::remove_dir_all(out.join("worker")).context("dist/types/worker")
    })
}

const DECLARE: [&str; 8] = [
    "--noEmit",
    "false",
    "--declaration",
    "true",
    "--emitDeclarationOnly",
    "--rootDir",
    "js",
    "--outDir",
];

/// Bundlers copy these files as plain assets, so they must not contain anything to resolve.
fn check_bundle(name: &str, text: &str) -> Result<()> {
    let lines = || text.lines().map(str::trim_start).filter(|line| !is_comment(line));
    if let Some(line) = lines().find(|line| line.starts_with("import ") || line.contains("import("))
    {
        bail!("{name} must not import: {line}");
    }
    if name == "worker.js" && lines().any(|line| line.contains("import.meta")) {
        bail!("{name} must not use import.meta");
    }
    let assets = ["./worker.js", "./core.wasm", "./argon2.wasm", "./mls.wasm"]
        .map(|file| format!("new URL(\"{file}\", import.meta.url)"));
    match assets.iter().find(|asset| name == "index.js" && !text.contains(*asset)) {
        Some(asset) => bail!("{name} must hold {asset}: bundlers look for exactly that"),
        None => Ok(()),
    }
}

fn is_comment(line: &str) -> bool {
    line.starts_with("//") || line.starts_with('*') || line.starts_with("/*")
}

/// The inputs of a bundle: scripts, and the glue that they import.
fn bundled(workspace: &Workspace) -> Result<Vec<PathBuf>> {
    let mut inputs = sources(workspace)?;
    let glue = ["core.js", "argon2.js", "mls.js", "build.js"];
    inputs.extend(glue.map(|name| workspace.glue().join(name)));
    Ok(inputs)
}

/// Scripts and the configuration of their compiler.
pub(crate) fn sources(workspace: &Workspace) -> Result<Vec<PathBuf>> {
    let mut paths = scripts(workspace)?;
    let configurations = ["tsconfig.json", "js/node/tsconfig.json", "js/page/tsconfig.json"];
    paths.extend(configurations.map(|name| workspace.root().join(name)));
    Ok(paths)
}

/// The scripts in `js/`, in an order that is the same on every machine.
fn scripts(workspace: &Workspace) -> Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for folder in FOLDERS {
        let entries = fs::read_dir(workspace.js(folder)).with_context(|| format!("js/{folder}"))?;
        for entry in entries {
            paths.push(entry?.path());
        }
    }
    paths.retain(|path| is_script(path));
    paths.sort();
    Ok(paths)
}

/// The folders in `js/`: one for each thread, one that both share, and one for Node.
const FOLDERS: [&str; 4] = ["node", "page", "shared", "worker"];

fn is_script(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "ts")
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAST: &str = "b = \"/** text */\"; /* near */\n}\n";

    #[test]
    fn documentation_leaves_a_script_and_code_stays() {
        let docs = "  /**\n   * Two lines\n   * of it.\n   */\n";
        let text = format!("// js/a.ts\nclass A {{\n  /** One line. */\n  #a = 1;\n{docs}  {LAST}");
        let code = format!("// js/a.ts\nclass A {{\n  #a = 1;\n  {LAST}");
        assert_eq!(without_docs(&text), code);
        assert_eq!(without_docs(&code), code);
    }
}
