#![doc = include_str!("../README.md")]
#![no_std]
#![deny(unsafe_op_in_unsafe_fn, clippy::undocumented_unsafe_blocks)]

#[cfg(any(all(target_arch = "wasm32", target_feature = "simd128"), test))]
extern crate alloc;

#[cfg(any(all(target_arch = "wasm32", target_feature = "simd128"), test))]
mod engine;
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
mod fallback;
#[cfg(any(all(target_arch = "wasm32", target_feature = "simd128"), test))]
mod simd;
#[cfg(test)]
mod tests;

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
pub use fallback::Aes256Gcm;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
pub use simd::Aes256Gcm;

pub use aead::{self, AeadCore, AeadInOut, Error, Key, KeyInit, KeySizeUser};

use aead::array::Array;
use aead::consts::{U12, U16};

/// A nonce of 96 bits, the only size there is here.
pub type Nonce<Size = U12> = Array<u8, Size>;

/// A tag of 128 bits, the only size there is here.
pub type Tag<Size = U16> = Array<u8, Size>;

/// The longest text, in bytes: 2^32 - 2 blocks (NIST SP 800-38D §5.2.1.1).
pub const P_MAX: u64 = (1 << 36) - 32;

/// The longest associated data, in bytes.
pub const A_MAX: u64 = (1 << 61) - 1;
