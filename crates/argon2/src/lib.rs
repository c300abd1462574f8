//! Keys derived from a secret that a person knows: recovery containers and passphrase calls.
//!
//! Both run Argon2id once, which takes most of a second and 64 MiB. So they are a module of their
//! own in a worker of its own: no frame waits for it, and its memory is freed when it is done.
#![forbid(unsafe_code)]
#![cfg_attr(target_family = "wasm", no_std)]

extern crate alloc;

mod argon;
mod error;
pub mod passphrase;
pub mod recovery;

#[cfg(target_family = "wasm")]
mod wasm;

pub use argon::{Cost, probe};
pub use error::Error;
