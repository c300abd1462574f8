//! The third backend of the engine's vector: bits are formulas, and have no value.

mod integers;
#[path = "../../../../aes-gcm-simd/src/engine/vector/shared.rs"]
mod shared;
mod symbolic;
mod verdict;

pub use integers::{Byte, Integer};

pub(in crate::engine) use integers::{BYTE_ZERO, Half, Wide, Word};
pub(in crate::engine) use shared::{Planes, as_bytes, as_bytes_mut};
pub(in crate::engine) use symbolic::V;
pub(in crate::engine) use verdict::with_verdict;
