//! AES-256-GCM: NIST SP 800-38D, nonces of 96 bits and tags of 128.
//!
//! ```text
//! vector/   the 128-bit vector, with a backend for wasm and one for tests
//! sbox      SubBytes as a circuit         \
//! layout    lanes instead of ShiftRows     | AES-256 of eight blocks at once
//! rounds    MixColumns, and all together   |
//! schedule  round keys                    /
//! vperm     AES-256 of two blocks, for the end of a text
//! ctr       counter mode
//! ghash     GHASH
//! gcm       sealing and opening
//! ```
//!
//! Nothing here branches on a secret or reads memory at an address that depends on one. A comment
//! that names V8 or LLVM explains code whose form was chosen because it measured faster.
//!
//! `crates/prove` of the repository compiles these files over a third vector, whose bits are
//! formulas, and proves them equal to the standards.

mod ctr;
mod gcm;
mod ghash;
mod layout;
mod rounds;
mod sbox;
mod schedule;
#[cfg(test)]
mod tests;
mod vector;
mod vperm;

pub(crate) use self::gcm::Engine;
