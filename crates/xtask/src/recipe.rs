//! `wasm-pack.toml`, parsed.

use crate::house::House;
use anyhow::{Context, Result};
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Recipe {
    pub(crate) rust: Rust,
    pub(crate) wasm_opt: Flags,
    pub(crate) esbuild: Flags,
    pub(crate) budget: BTreeMap<String, Budget>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Rust {
    pub(crate) target_features: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Flags {
    pub(crate) flags: Vec<String>,
}

/// Limits of one file of `dist/`, in bytes.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Budget {
    pub(crate) brotli: u64,
    #[serde(default)]
    pub(crate) raw_min: u64,
}

impl Recipe {
    pub(crate) fn read(house: &House) -> Result<Self> {
        let path = house.root().join("wasm-pack.toml");
        let text = std::fs::read_to_string(&path).context("cannot read wasm-pack.toml")?;
        toml::from_str(&text).context("wasm-pack.toml")
    }

    /// The same for engines without SIMD, where the cipher is the `aes-gcm` crate.
    pub(crate) fn portable(mut self) -> Self {
        self.rust.target_features.clear();
        self
    }
}
