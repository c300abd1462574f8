//! The standards, written over formulas. Nothing here is taken from the engine.

pub mod fips197;
pub mod sp800_38d;

use crate::graph::Bit;

/// A byte; bit 0 is the lowest.
pub type Octet = [Bit; 8];

/// A byte that is a constant.
pub fn octet(value: u8) -> Octet {
    std::array::from_fn(|i| Bit::constant(value >> i & 1 == 1))
}

/// The value of a byte, if it is a constant.
pub fn value(octet: Octet) -> Option<u8> {
    (0..8).try_fold(0, |sum, i| Some(sum | u8::from(octet[i].known()?) << i))
}

/// Bit by bit.
pub fn xor<const N: usize>(a: [Bit; N], b: [Bit; N]) -> [Bit; N] {
    std::array::from_fn(|i| a[i] ^ b[i])
}
