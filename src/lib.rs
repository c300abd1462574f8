//! The media core of sealframe: encoded frames in, sealed frames out.
//!
//! Bytes in, bytes out. No clock, no random numbers and no I/O live in here: time and
//! randomness are arguments, and what the outside has to do leaves as an output value.
#![forbid(unsafe_code)]
#![cfg_attr(target_family = "wasm", no_std)]

extern crate alloc;

pub mod bytes;
mod call;
pub mod codec;
pub mod envelope;
mod error;
pub mod frame;
pub mod key;
pub mod safety;
pub mod session;
pub mod sframe;
mod time;

#[cfg(target_family = "wasm")]
mod wasm;

pub use call::Call;
pub use error::Error;
pub use time::Millis;
