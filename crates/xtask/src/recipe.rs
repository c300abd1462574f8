//! Parses `wasm-pack.toml` without derived code, which would take longer to compile than xtask.

use crate::workspace::Workspace;
use anyhow::{Context, Result, ensure};
use std::collections::BTreeMap;
use toml::{Table, Value};

pub(crate) struct Recipe {
    pub(crate) rust: Rust,
    pub(crate) wasm_opt: Flags,
    pub(crate) esbuild: Flags,
    pub(crate) budget: BTreeMap<String, Budget>,
}

pub(crate) struct Rust {
    pub(crate) target_features: Vec<String>,
}

pub(crate) struct Flags {
    pub(crate) flags: Vec<String>,
}

/// Limits of one file of `dist/`, in bytes.
pub(crate) struct Budget {
    pub(crate) brotli: u64,
    pub(crate) raw_min: u64,
}

impl Recipe {
    pub(crate) fn read(workspace: &Workspace) -> Result<Self> {
        let path = workspace.root().join("wasm-pack.toml");
        let text = std::fs::read_to_string(&path).context("cannot read wasm-pack.toml")?;
        Self::parse(&text).context("wasm-pack.toml")
    }

    fn parse(text: &str) -> Result<Self> {
        let mut all = Section(text.parse()?);
        let recipe = Self {
            rust: Rust { target_features: all.section("rust")?.only_texts("target-features")? },
            wasm_opt: Flags { flags: all.section("wasm-opt")?.only_texts("flags")? },
            esbuild: Flags { flags: all.section("esbuild")?.only_texts("flags")? },
            budget: all.section("budget")?.budgets()?,
        };
        all.end()?;
        Ok(recipe)
    }

    /// The same for wasm engines without SIMD. Its cipher is the `aes-gcm` crate.
    pub(crate) fn portable(mut self) -> Self {
        self.rust.target_features.clear();
        self
    }
}

/// A table whose entries are removed one by one. A remaining entry is a mistake.
struct Section(Table);

impl Section {
    fn take(&mut self, name: &str) -> Result<Value> {
        self.0.remove(name).with_context(|| format!("{name} is missing"))
    }

    fn section(&mut self, name: &str) -> Result<Self> {
        Ok(Self(self.take(name)?.try_into()?))
    }

    fn only_texts(mut self, name: &str) -> Result<Vec<String>> {
        let texts = self.take(name)?.try_into()?;
        self.end()?;
        Ok(texts)
    }

    fn budgets(self) -> Result<BTreeMap<String, Budget>> {
        let budget = |(file, limits): (String, Value)| {
            let mut limits = Self(limits.try_into()?);
            let brotli = limits.take("brotli")?.try_into()?;
            let raw_min = limits.take("raw-min").map_or(Ok(0), Value::try_into)?;
            limits.end()?;
            Ok((file, Budget { brotli, raw_min }))
        };
        self.0.into_iter().map(budget).collect()
    }

    fn end(self) -> Result<()> {
        let names = self.0.keys().collect::<Vec<_>>();
        ensure!(names.is_empty(), "unknown keys: {names:?}");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "[rust]\ntarget-features = ['+simd128']\n[wasm-opt]\nflags = ['-O3']\n\
        [esbuild]\nflags = []\n[budget]\n'core.wasm' = { brotli = 62_000 }\n\
        'worker.js' = { brotli = 26_000, raw-min = 4_097 }\n";

    #[test]
    fn every_field_of_a_recipe_is_read() {
        let recipe = Recipe::parse(GOOD).unwrap();
        assert_eq!(recipe.rust.target_features, ["+simd128"]);
        assert_eq!((recipe.wasm_opt.flags, recipe.esbuild.flags), (vec!["-O3".into()], vec![]));
        let limits = |file| (recipe.budget[file].brotli, recipe.budget[file].raw_min);
        assert_eq!((limits("core.wasm"), limits("worker.js")), ((62_000, 0), (26_000, 4_097)));
    }

    #[test]
    fn a_missing_unknown_or_mistyped_field_is_an_error() {
        for (good, bad) in [
            ("flags = ['-O3']", "flag = ['-O3']"),
            ("flags = ['-O3']", "flags = '-O3'"),
            ("flags = []", "flags = []\nmore = 1"),
            ("[esbuild]", "[bundler]"),
            ("[budget]", "[more]\n[budget]"),
            ("brotli = 62_000", "gzip = 62_000"),
            ("brotli = 62_000", "brotli = -1"),
            ("raw-min = 4_097", "raw-max = 4_097"),
        ] {
            assert!(GOOD.contains(good));
            assert!(Recipe::parse(&GOOD.replacen(good, bad, 1)).is_err(), "{bad}");
        }
    }
}
