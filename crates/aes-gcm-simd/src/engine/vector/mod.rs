//! One 128-bit vector, two backends: `v128` on wasm with SIMD, `u128` on other targets.
//!
//! The engine is written over [`V`] and the integers below. So `cargo test` runs the same algorithm
//! natively that the browser runs, and everything target specific stays in `wasm.rs`.

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
mod portable;
mod shared;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod wasm;

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
pub(in crate::engine) use portable::V;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
pub(in crate::engine) use wasm::V;

pub(in crate::engine) use shared::{Planes, as_bytes, as_bytes_mut};

/// A byte that may be secret. The engine says `Byte`, not `u8`, so that `crates/prove` can put a type
/// without a value in its place: code that branches on a `Byte`, or indexes by one, does not compile
/// there.
pub(in crate::engine) type Byte = u8;
/// `Byte::default()`, for constants.
pub(in crate::engine) const BYTE_ZERO: Byte = 0;
/// 32 bits that may be secret.
pub(in crate::engine) type Word = u32;
/// 64 bits that may be secret: half a vector.
pub(in crate::engine) type Half = u64;
/// 128 bits that may be secret.
pub(in crate::engine) type Wide = u128;
