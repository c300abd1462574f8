//! The part of the vector that is the same in every backend.

use super::{Byte, V};
use core::ops::{BitXorAssign, Not};
use core::slice::{from_raw_parts, from_raw_parts_mut};
use zeroize::DefaultIsZeroes;

/// Eight vectors: the bit planes of eight blocks, plane 0 the lowest bit of every byte.
pub(in crate::engine) type Planes = [V; 8];

impl V {
    pub(in crate::engine) const ZERO: Self = Self::from_bytes([0; 16]);

    /// A vector with `byte` in each lane of `lanes`, zero elsewhere.
    pub(in crate::engine) const fn at(lanes: &[usize], byte: u8) -> Self {
        let mut bytes = [0; 16];
        let mut i = 0;
        while i < lanes.len() {
            bytes[lanes[i]] = byte;
            i += 1;
        }
        Self::from_bytes(bytes)
    }

    /// A lookup with these moves the lanes down by `lanes` (up to 16) and fills with zeros.
    #[inline(always)]
    pub(in crate::engine) fn down_by(lanes: usize) -> Self {
        Self::load_or_zero(&INDICES[16..], lanes)
    }

    /// A lookup with these moves the lanes up by `lanes` (up to 16) and fills with zeros.
    #[inline(always)]
    pub(in crate::engine) fn up_by(lanes: usize) -> Self {
        Self::load_or_zero(&INDICES, 16_usize.wrapping_sub(lanes))
    }

    #[inline(always)]
    fn load_or_zero(bytes: &[u8], from: usize) -> Self {
        bytes.get(from..).and_then(|bytes| bytes.first_chunk()).map_or(Self::ZERO, Self::load)
    }

    /// 0xff in each lane that has a bit of `mask` set.
    #[inline(always)]
    pub(in crate::engine) fn has(self, mask: u8) -> Self {
        !(self & Self::splat(mask)).zero_lanes()
    }

    /// The low and the high half of every byte. `low` must be 0x0f in every byte.
    #[inline(always)]
    pub(in crate::engine) fn nibbles(self, low: Self) -> (Self, Self) {
        (self & low, self.shr::<4>() & low)
    }
}

/// 0 to 15 in the middle of indices that look nothing up.
static INDICES: [u8; 48] = {
    let mut indices = [0xff; 48];
    let mut i = 0;
    while i < 16 {
        indices[16 + i] = i as u8;
        i += 1;
    }
    indices
};

/// The memory of some vectors.
#[inline(always)]
pub(in crate::engine) fn as_bytes(vectors: &[V]) -> &[Byte] {
    // SAFETY: a vector is 16 of `Byte` without padding, and is aligned at least as they are.
    unsafe { from_raw_parts(vectors.as_ptr().cast(), size_of_val(vectors) / size_of::<Byte>()) }
}

/// The memory of some vectors, to be changed.
#[inline(always)]
pub(in crate::engine) fn as_bytes_mut(vectors: &mut [V]) -> &mut [Byte] {
    // SAFETY: a vector is 16 of `Byte` without padding, is aligned at least as they are, and each
    // may have any value.
    unsafe {
        from_raw_parts_mut(vectors.as_mut_ptr().cast(), size_of_val(vectors) / size_of::<Byte>())
    }
}

impl Default for V {
    fn default() -> Self {
        Self::ZERO
    }
}

impl BitXorAssign for V {
    #[inline(always)]
    fn bitxor_assign(&mut self, other: Self) {
        *self = *self ^ other;
    }
}

impl Not for V {
    type Output = Self;
    #[inline(always)]
    fn not(self) -> Self {
        self ^ Self::splat(255)
    }
}

// The default is all zero bytes: `zeroize` may wipe a vector by storing it.
impl DefaultIsZeroes for V {}
