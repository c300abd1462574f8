//! `dist/THIRD-PARTY-NOTICES.txt`: the licence of everything in `dist/` that others wrote.
//!
//! `cargo tree` says which crates become part of a module, `cargo metadata` where their sources
//! are. esbuild names each npm package in the bundles. A part without a licence text ends the build.

use crate::recipe::Recipe;
use crate::stamp::Step;
use crate::wasm::{self, Module};
use crate::workspace::{Workspace, output};
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

const NAME: &str = "THIRD-PARTY-NOTICES.txt";
/// The scripts that esbuild may put packages into.
const BUNDLES: [&str; 2] = ["index.js", "worker.js"];
/// How esbuild names the file of a package above its code.
const PACKAGE: &str = "// node_modules/";

/// Something that others wrote.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Part {
    name: String,
    version: String,
    /// An SPDX expression.
    license: String,
    /// The folder with its licence texts.
    folder: PathBuf,
}

pub(crate) fn write(workspace: &Workspace, recipe: &Recipe) -> Result<()> {
    let out = workspace.dist().join(NAME);
    let mut inputs = BUNDLES.map(|name| workspace.dist().join(name)).to_vec();
    let manifests = [
        "Cargo.toml",
        "crates/argon2/Cargo.toml",
        "crates/mls/Cargo.toml",
        "crates/aes-gcm-simd/Cargo.toml",
    ];
    inputs.extend(manifests.map(|path| workspace.root().join(path)));
    let step = Step {
        name: "third-party notices",
        inputs: &inputs,
        outputs: std::slice::from_ref(&out),
        flags: &recipe.rust.target_features,
    };
    step.run(workspace, || Ok(fs::write(&out, document(workspace, &files(workspace, recipe)?)?)?))
}

/// What each file of `dist/` contains.
fn files(workspace: &Workspace, recipe: &Recipe) -> Result<Vec<(String, BTreeSet<Part>)>> {
    let all = crates(workspace)?;
    let mut files = Vec::new();
    for module in Module::ALL {
        let names = crates_of(workspace, recipe, module)?;
        let parts = all.iter().filter(|part| names.contains(&key(part))).cloned().collect();
        files.push((format!("{}.wasm", module.name()), parts));
    }
    for name in BUNDLES {
        files.push((name.to_owned(), packages_of(workspace, name)?));
    }
    Ok(files)
}

/// Every crate of the lock file that others wrote.
fn crates(workspace: &Workspace) -> Result<Vec<Part>> {
    let mut cargo = wasm::cargo_command(workspace);
    let metadata = json(&output(cargo.args(["metadata", "--format-version=1", "--locked"]))?)?;
    let packages = metadata["packages"].as_array().context("cargo metadata")?;
    packages.iter().filter(|package| !package["source"].is_null()).map(crate_part).collect()
}

fn crate_part(package: &Value) -> Result<Part> {
    let manifest = PathBuf::from(text(package, "manifest_path")?);
    let folder = manifest.parent().context("manifest_path")?.to_owned();
    part(package, folder)
}

/// Name and version of each crate in a module, without procedural macros, which only write code.
fn crates_of(workspace: &Workspace, recipe: &Recipe, module: Module) -> Result<BTreeSet<String>> {
    let mut cargo = wasm::cargo(workspace, recipe, ["tree", "--package", module.package()]);
    cargo.args(["--locked", "--edges=normal,no-proc-macro", "--prefix=none", "--format={p}"]);
    let lines = output(&mut cargo)?;
    let names = lines.lines().map(|line| line.split(' ').take(2).collect::<Vec<_>>().join(" "));
    Ok(names.map(|name| name.replacen(" v", " ", 1)).collect())
}

/// The npm packages in a bundle.
fn packages_of(workspace: &Workspace, bundle: &str) -> Result<BTreeSet<Part>> {
    let script = fs::read_to_string(workspace.dist().join(bundle))?;
    let paths = script.lines().filter_map(|line| line.trim_start().strip_prefix(PACKAGE));
    paths.map(|path| package_part(workspace, path)).collect()
}

fn package_part(workspace: &Workspace, path: &str) -> Result<Part> {
    let segments = if path.starts_with('@') { 2 } else { 1 };
    let name = path.split('/').take(segments).collect::<Vec<_>>().join("/");
    let folder = workspace.root().join("node_modules").join(name);
    part(&json(&fs::read_to_string(folder.join("package.json"))?)?, folder)
}

fn part(manifest: &Value, folder: PathBuf) -> Result<Part> {
    let [name, version, license] = ["name", "version", "license"].map(|key| text(manifest, key));
    Ok(Part { name: name?, version: version?, license: license?, folder })
}

fn document(workspace: &Workspace, files: &[(String, BTreeSet<Part>)]) -> Result<String> {
    let mut out =
        "Third-party notices\n\nThe files of sealframe contain work of others.\n".to_owned();
    for (file, parts) in files.iter().filter(|(_, parts)| !parts.is_empty()) {
        writeln!(out, "\n{file}:")?;
        for part in parts {
            writeln!(out, "  {} ({})", key(part), part.license)?;
        }
        if file.ends_with(".wasm") {
            writeln!(out, "  {STANDARD}")?;
        }
    }
    for (text, names) in texts(workspace, files)? {
        let names = names.into_iter().collect::<Vec<_>>().join("\n");
        write!(out, "\n{}\n{names}\n\n{text}\n", "-".repeat(80))?;
    }
    Ok(out)
}

/// The standard library has no folder here.
const STANDARD: &str = "the Rust standard library (MIT OR Apache-2.0)";

/// Each text once, with the parts that it is about.
fn texts(
    workspace: &Workspace,
    files: &[(String, BTreeSet<Part>)],
) -> Result<BTreeMap<String, BTreeSet<String>>> {
    let ours = fs::read_to_string(workspace.root().join("LICENSE-MIT"))?;
    let (_, terms) = ours.split_once('\n').context("LICENSE-MIT")?;
    let mit = |holder: &str| format!("{holder}\n{}", terms.trim_end());
    let mut texts = BTreeMap::<_, BTreeSet<_>>::new();
    for part in files.iter().flat_map(|(_, parts)| parts) {
        let mut found = licenses(&part.folder)?;
        if found.is_empty() && WITHOUT_TEXT.contains(&part.name.as_str()) {
            found.push(mit(AMAZON));
        }
        ensure!(!found.is_empty(), "{} has no licence text", key(part));
        for text in found {
            texts.entry(text).or_default().insert(key(part));
        }
    }
    let standard = mit("Copyright (c) The Rust Project Contributors");
    texts.entry(standard).or_default().insert(STANDARD.to_owned());
    Ok(texts)
}

/// The licence texts in a folder. If MIT is one of them, Apache-2.0 is its alternative.
fn licenses(folder: &Path) -> Result<Vec<String>> {
    let entries = fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().to_uppercase();
    let is_legal = |path: &PathBuf| STARTS.iter().any(|start| name(path).starts_with(start));
    let mut paths: Vec<_> = entries.iter().map(fs::DirEntry::path).filter(is_legal).collect();
    if paths.iter().any(|path| name(path).contains("MIT")) {
        paths.retain(|path| !name(path).contains("APACHE"));
    }
    paths.sort();
    paths
        .iter()
        .map(|path| Ok(fs::read_to_string(path)?.replace('\r', "").trim().to_owned()))
        .collect()
}

/// Packages under MIT or Apache-2.0 whose texts are in their repository only, and their owner.
const WITHOUT_TEXT: [&str; 3] = ["mls-rs", "mls-rs-codec", "mls-rs-core"];
const AMAZON: &str = "Copyright Amazon.com, Inc. or its affiliates. All Rights Reserved.";

const STARTS: [&str; 4] = ["LICENSE", "LICENCE", "COPYING", "NOTICE"];

fn key(part: &Part) -> String {
    format!("{} {}", part.name, part.version)
}

fn json(text: &str) -> Result<Value> {
    Ok(serde_json::from_str(text)?)
}

fn text(value: &Value, key: &str) -> Result<String> {
    Ok(value[key].as_str().with_context(|| format!("no {key} in {}", value["name"]))?.to_owned())
}
