//! The cryptography below MLS: what `mls-rs` asks of a cipher suite.

mod aead;
mod hpke;
mod kdf;
mod kem;
mod provider;
mod random;
mod refused;
mod signature;

pub use hpke::Context;
pub use provider::{Provider, SuiteProvider};
pub use random::Random;
pub use refused::Refused;
pub(crate) use signature::{normalize, verify_raw};
