//! Group keys by MLS (RFC 9420): a device's part in the key agreement of one call.
//!
//! No clock and no I/O live in here: time and randomness are arguments, and whatever the outside has
//! to do leaves as an output value. The media core gets an epoch's members and secret, nothing else.
#![forbid(unsafe_code)]

pub mod crypto;
mod error;
pub mod faults;
pub mod group;
pub mod identity;
mod suite;
mod time;
#[cfg(target_family = "wasm")]
mod wasm;
pub mod wire;

pub use error::Error;
pub use suite::{Hash, Kem, Suite};
pub use time::Millis;
