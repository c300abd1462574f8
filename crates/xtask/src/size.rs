//! The sizes of the shipped files, compared with their budgets.

use crate::recipe::{Budget, Recipe};
use crate::workspace::Workspace;
use anyhow::{Context, Result, bail};
use std::path::Path;
use std::process::Command;

/// Node has both compressors, so none is linked in here.
const MEASURE: &str = "
const { gzipSync, brotliCompressSync } = require('node:zlib');
for (const path of process.argv.slice(1)) {
  const bytes = require('node:fs').readFileSync(path);
  console.log(bytes.length, gzipSync(bytes, { level: 9 }).length, brotliCompressSync(bytes).length);
}";

struct Size {
    raw: u64,
    gzip: u64,
    brotli: u64,
}

/// Prints a table. Fails if a file is outside its budget.
pub(crate) fn report(workspace: &Workspace, recipe: &Recipe) -> Result<()> {
    println!("\n  {:12} {:>9} {:>9} {:>9} {:>9}", "bytes", "raw", "gzip", "brotli", "budget");
    let sizes = measure(&workspace.dist(), recipe)?;
    for (name, size, budget) in &sizes {
        let Size { raw, gzip, brotli } = size;
        println!("  {name:12} {raw:>9} {gzip:>9} {brotli:>9} {:>9}", budget.brotli);
    }
    println!();
    match sizes.iter().find(|(_, size, budget)| !size.fits(budget)) {
        Some((name, ..)) => bail!("dist/{name} is outside its budget in wasm-pack.toml"),
        None => Ok(()),
    }
}

impl Size {
    fn fits(&self, budget: &Budget) -> bool {
        self.brotli <= budget.brotli && self.raw >= budget.raw_min
    }
}

fn measure<'a>(dist: &Path, recipe: &'a Recipe) -> Result<Vec<(&'a str, Size, &'a Budget)>> {
    let paths = recipe.budget.keys().map(|name| dist.join(name));
    let output = Command::new("node").arg("-e").arg(MEASURE).args(paths).output()?;
    if !output.status.success() {
        bail!("cannot measure dist/; is it built?");
    }
    let text = String::from_utf8(output.stdout)?;
    let sizes = text.lines().map(parse).collect::<Result<Vec<_>>>()?;
    let rows = recipe.budget.iter().zip(sizes);
    Ok(rows.map(|((name, budget), size)| (name.as_str(), size, budget)).collect())
}

fn parse(line: &str) -> Result<Size> {
    let numbers = line.split(' ').map(str::parse).collect::<Result<Vec<_>, _>>()?;
    let [raw, gzip, brotli] = numbers.try_into().ok().context("three numbers a line")?;
    Ok(Size { raw, gzip, brotli })
}
