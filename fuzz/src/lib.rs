//! Fuzz targets: each takes any bytes and panics if a promise does not hold.
//!
//! `npm run fuzz` runs them under libFuzzer (`fuzz/libfuzzer`). `cargo test --package fuzz` replays
//! their seeds and a fixed number of mutations of them, on any toolchain.
#![forbid(unsafe_code)]

#[path = "../../tests/common/mod.rs"]
mod common;
mod frames;
mod messages;
mod mutate;
mod seeds;
mod session;

pub use mutate::Mutator;

/// A promise about any bytes.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// The name on the command line.
    pub name: &'static str,
    /// Panics if the promise does not hold for these bytes.
    pub run: fn(&[u8]),
    /// Inputs to start from.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// All targets.
pub const TARGETS: [Target; 11] = [
    Target { name: "seal", run: frames::seal, seeds: seeds::frames },
    Target { name: "open", run: frames::open, seeds: seeds::sealed_frames },
    Target { name: "damage", run: frames::damage, seeds: seeds::damages },
    Target { name: "window", run: frames::window, seeds: seeds::sealed_frames },
    Target { name: "escaping", run: frames::escaping, seeds: seeds::bodies },
    Target { name: "header", run: frames::header, seeds: seeds::headers },
    Target { name: "message", run: messages::message, seeds: seeds::messages },
    Target { name: "bundle", run: messages::bundle, seeds: seeds::bundles },
    Target { name: "container", run: messages::container, seeds: seeds::containers },
    Target { name: "group_message", run: messages::group_message, seeds: seeds::group_messages },
    Target { name: "session", run: session::session, seeds: seeds::courses },
];

/// Runs the target with this name.
///
/// # Panics
/// If the promise does not hold, or no target has the name.
pub fn run(name: &str, bytes: &[u8]) {
    let target = TARGETS.iter().find(|target| target.name == name).expect("a target's name");
    (target.run)(bytes);
}
