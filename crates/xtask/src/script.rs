//! The JavaScript side: one-file bundles and type declarations.

use crate::house::{House, run};
use crate::recipe::Recipe;
use crate::stamp::Step;
use crate::wasm::Glue;
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};

/// The wasm-bindgen face, for Node and for pages that bring their own wiring.
pub(crate) fn copy_glue(house: &House, glue: &Glue) -> Result<()> {
    fs::copy(&glue.js, house.dist().join("core.js"))?;
    fs::copy(&glue.types, house.dist().join("core.d.ts"))?;
    Ok(())
}

/// Bundles `js/NAME` into `dist/NAME`, which then imports nothing.
pub(crate) fn bundle(house: &House, recipe: &Recipe, name: &str) -> Result<()> {
    let out = house.dist().join(name);
    let mut inputs = sources(house)?;
    inputs.extend(["core.js", "vault.js"].map(|name| house.glue().join(name)));
    let step = Step {
        name: &format!("esbuild {name}"),
        inputs: &inputs,
        outputs: std::slice::from_ref(&out),
        flags: &recipe.esbuild.flags,
    };
    step.run(house, || {
        let mut esbuild = house.npm("esbuild")?;
        esbuild.arg(house.js(name)).args(&recipe.esbuild.flags).arg("--log-level=warning");
        run(esbuild.arg(format!("--outfile={}", out.display())))?;
        check_bundle(name, &fs::read_to_string(&out)?)
    })
}

/// Copies `js/NAME`, which imports nothing but `index.js`: a second copy of what is in there would
/// have other classes.
pub(crate) fn copy(house: &House, name: &str) -> Result<()> {
    let text = fs::read_to_string(house.js(name))?;
    let imports = || text.lines().filter(|line| line.starts_with("import "));
    if let Some(line) = imports().find(|line| !line.ends_with("from \"./index.js\";")) {
        bail!("{name} may import ./index.js only: {line}");
    }
    fs::write(house.dist().join(name), text).context("dist/")
}

/// Writes the declarations that `js/index.js` and what it imports have in their JSDoc.
pub(crate) fn declare(house: &House) -> Result<()> {
    let out = house.dist().join("index.d.ts");
    let step =
        Step { name: "tsc index.d.ts", inputs: &sources(house)?, outputs: &[out], flags: &[] };
    step.run(house, || {
        remove_declarations(&house.dist())?;
        let mut tsc = house.npm("tsc")?;
        tsc.args(["--project", "tsconfig.build.json", "--outDir"]).arg(house.dist());
        run(&mut tsc)
    })
}

/// Bundlers copy these files as plain assets, so nothing may be left to resolve in them.
fn check_bundle(name: &str, text: &str) -> Result<()> {
    let lines = || text.lines().map(str::trim_start).filter(|line| !is_comment(line));
    if let Some(line) = lines().find(|line| line.starts_with("import ") || line.contains("import("))
    {
        bail!("{name} must not import: {line}");
    }
    if name == "worker.js" && lines().any(|line| line.contains("import.meta")) {
        bail!("{name} must not use import.meta");
    }
    let assets = ["./worker.js", "./core.wasm", "./vault.wasm"]
        .map(|file| format!("new URL(\"{file}\", import.meta.url)"));
    match assets.iter().find(|asset| name == "index.js" && !text.contains(*asset)) {
        Some(asset) => bail!("{name} must hold {asset}: bundlers look for exactly that"),
        None => Ok(()),
    }
}

/// A declaration whose source is gone must not be shipped.
fn remove_declarations(dist: &Path) -> Result<()> {
    for entry in fs::read_dir(dist)? {
        let path = entry?.path();
        if path.to_string_lossy().ends_with(".d.ts") && !path.ends_with("core.d.ts") {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

fn is_comment(line: &str) -> bool {
    line.starts_with("//") || line.starts_with('*') || line.starts_with("/*")
}

fn sources(house: &House) -> Result<Vec<PathBuf>> {
    let folder = house.root().join("js");
    let entries = fs::read_dir(&folder).context("js/ is missing")?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    paths.retain(|path| is_script(path));
    paths.sort();
    paths.extend(["tsconfig.json", "tsconfig.build.json"].map(|name| house.root().join(name)));
    Ok(paths)
}

fn is_script(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "js" || extension == "ts")
}
