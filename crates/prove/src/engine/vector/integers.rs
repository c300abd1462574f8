//! Integers without a value, with the operations that the engine uses and no others.

use crate::faults::operator;
use crate::graph::Bit;
use core::array::from_fn;
use core::ops::{BitAnd, BitXor, BitXorAssign, Shr};
use zeroize::DefaultIsZeroes;

/// An integer; bit 0 is the lowest.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Integer<const BITS: usize>(pub(super) [Bit; BITS]);

/// The engine's `u8`.
pub type Byte = Integer<8>;
/// The engine's `u32`.
pub(in crate::engine) type Word = Integer<32>;
/// The engine's `u64`.
pub(in crate::engine) type Half = Integer<64>;
/// The engine's `u128`.
pub(in crate::engine) type Wide = Integer<128>;

/// A byte of zeros.
pub(in crate::engine) const BYTE_ZERO: Byte = Byte::constant(0);

impl<const BITS: usize> Integer<BITS> {
    /// An integer that is no secret.
    pub const fn constant(value: u128) -> Self {
        let mut bits = [Bit::ZERO; BITS];
        let mut i = 0;
        while i < BITS {
            bits[i] = Bit::constant(value >> i & 1 == 1);
            i += 1;
        }
        Self(bits)
    }

    /// An integer with these bits, the lowest first.
    pub fn from_bits(bits: [Bit; BITS]) -> Self {
        Self(bits)
    }

    /// The bits, the lowest first.
    pub fn bits(self) -> [Bit; BITS] {
        self.0
    }
}

/// Bytes in either order, where `u32`, `u64` and `u128` have them too.
macro_rules! with_bytes {
    ($($bits:literal)*) => {$(
        impl Integer<$bits> {
            pub(in crate::engine) fn from_le_bytes(bytes: [Byte; $bits / 8]) -> Self {
                Self(from_fn(|i| bytes[i / 8].0[i % 8]))
            }

            pub(in crate::engine) fn from_be_bytes(mut bytes: [Byte; $bits / 8]) -> Self {
                bytes.reverse();
                Self::from_le_bytes(bytes)
            }

            pub(in crate::engine) fn to_be_bytes(self) -> [Byte; $bits / 8] {
                let mut bytes = from_fn(|i| Byte::from_bits(from_fn(|b| self.0[8 * i + b])));
                bytes.reverse();
                bytes
            }
        }
    )*};
}
with_bytes!(32 64 128);

impl Word {
    #[track_caller]
    pub(in crate::engine) fn rotate_left(self, by: u32) -> Self {
        let right = Self(from_fn(|i| self.0[(i + 32 - by as usize) % 32]));
        operator("rotate_left is left out", right, || self)
    }
}

impl Wide {
    /// Two's complement: all bits above the lowest 1 are inverted.
    #[track_caller]
    pub(in crate::engine) fn wrapping_neg(self) -> Self {
        let mut below = Bit::ZERO;
        let right = Self(self.0.map(|bit| {
            let negated = bit ^ below;
            below = below | bit;
            negated
        }));
        operator("wrapping_neg is left out", right, || self)
    }
}

impl<const BITS: usize> Default for Integer<BITS> {
    fn default() -> Self {
        Self::constant(0)
    }
}

impl From<u8> for Byte {
    fn from(value: u8) -> Self {
        Self::constant(value.into())
    }
}

impl From<u64> for Half {
    fn from(value: u64) -> Self {
        Self::constant(value.into())
    }
}

impl From<Word> for Half {
    fn from(word: Word) -> Self {
        Self(from_fn(|i| word.0.get(i).copied().unwrap_or(Bit::ZERO)))
    }
}

impl<const BITS: usize> BitXor for Integer<BITS> {
    type Output = Self;
    #[track_caller]
    fn bitxor(self, other: Self) -> Self {
        let right = Self(from_fn(|i| self.0[i] ^ other.0[i]));
        operator("^ becomes &", right, || Self(from_fn(|i| self.0[i] & other.0[i])))
    }
}

impl<const BITS: usize> BitXorAssign for Integer<BITS> {
    #[track_caller]
    fn bitxor_assign(&mut self, other: Self) {
        *self = *self ^ other;
    }
}

impl BitXor<u32> for Word {
    type Output = Self;
    #[track_caller]
    fn bitxor(self, other: u32) -> Self {
        self ^ Self::constant(other.into())
    }
}

impl BitAnd for Wide {
    type Output = Self;
    #[track_caller]
    fn bitand(self, other: Self) -> Self {
        let right = Self(from_fn(|i| self.0[i] & other.0[i]));
        operator("& becomes |", right, || Self(from_fn(|i| self.0[i] | other.0[i])))
    }
}

impl BitAnd<u128> for Wide {
    type Output = Self;
    #[track_caller]
    fn bitand(self, other: u128) -> Self {
        self & Self::constant(other)
    }
}

impl Shr<u32> for Wide {
    type Output = Self;
    #[track_caller]
    fn shr(self, by: u32) -> Self {
        let right = Self(from_fn(|i| *self.0.get(i + by as usize).unwrap_or(&Bit::ZERO)));
        operator(">> is left out", right, || self)
    }
}

impl<const BITS: usize> DefaultIsZeroes for Integer<BITS> {}
