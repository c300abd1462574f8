//! The same vector in plain Rust, for the tests of this crate.
//!
//! Never part of a build that seals anything: such targets use the `aes-gcm` crate.

use core::array::from_fn;
use core::ops::{BitAnd, BitOr, BitXor};

#[derive(Clone, Copy)]
#[repr(C, align(16))]
pub(in crate::engine) struct V([u8; 16]);

impl V {
    pub(in crate::engine) const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    pub(in crate::engine) fn from_halves(low: u64, high: u64) -> Self {
        Self::new(u128::from(high) << 64 | u128::from(low))
    }

    pub(in crate::engine) fn splat(byte: u8) -> Self {
        Self([byte; 16])
    }

    pub(in crate::engine) fn load(bytes: &[u8; 16]) -> Self {
        Self(*bytes)
    }

    pub(in crate::engine) fn store(self, bytes: &mut [u8; 16]) {
        *bytes = self.0;
    }

    pub(in crate::engine) fn lookup(self, indices: Self) -> Self {
        debug_assert!(indices.0.iter().all(|i| !(16..128).contains(i)));
        Self(indices.0.map(|i| self.0.get(usize::from(i)).copied().unwrap_or(0)))
    }

    pub(in crate::engine) fn shr<const BITS: u32>(self) -> Self {
        let (low, high) = self.halves();
        Self::from_halves(low >> BITS, high >> BITS)
    }

    pub(in crate::engine) fn shl<const BITS: u32>(self) -> Self {
        let (low, high) = self.halves();
        Self::from_halves(low << BITS, high << BITS)
    }

    pub(in crate::engine) fn up_1(self, low: Self) -> Self {
        Self::new(self.number() << 8 | low.number() >> 120)
    }

    pub(in crate::engine) fn up_8(self, low: Self) -> Self {
        Self::new(self.number() << 64 | low.number() >> 64)
    }

    pub(in crate::engine) fn interleave(self, other: Self) -> (Self, Self) {
        let pair = [self.0, other.0];
        let half = |from: usize| Self(from_fn(|i| pair[i % 2][from + i / 2]));
        (half(0), half(8))
    }

    pub(super) fn zero_lanes(self) -> Self {
        Self(self.0.map(|lane| if lane == 0 { 255 } else { 0 }))
    }

    pub(in crate::engine) fn is_zero(self) -> bool {
        self.number() == 0
    }

    /// Lane 0 is the lowest byte.
    fn new(number: u128) -> Self {
        Self(number.to_le_bytes())
    }

    fn number(self) -> u128 {
        u128::from_le_bytes(self.0)
    }

    fn halves(self) -> (u64, u64) {
        (self.number() as u64, (self.number() >> 64) as u64)
    }
}

impl BitXor for V {
    type Output = Self;
    fn bitxor(self, other: Self) -> Self {
        Self::new(self.number() ^ other.number())
    }
}

impl BitAnd for V {
    type Output = Self;
    fn bitand(self, other: Self) -> Self {
        Self::new(self.number() & other.number())
    }
}

impl BitOr for V {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self::new(self.number() | other.number())
    }
}
