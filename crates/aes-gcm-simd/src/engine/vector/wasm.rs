//! The vector of WebAssembly SIMD. Each method is one instruction, or two.

#[cfg(target_feature = "relaxed-simd")]
use core::arch::wasm32::u8x16_relaxed_swizzle as swizzle;
#[cfg(not(target_feature = "relaxed-simd"))]
use core::arch::wasm32::u8x16_swizzle as swizzle;
use core::arch::wasm32::*;
use core::ops::{BitAnd, BitOr, BitXor};

#[derive(Clone, Copy)]
#[repr(transparent)]
pub(in crate::engine) struct V(v128);

impl V {
    pub(in crate::engine) const fn from_bytes(b: [u8; 16]) -> Self {
        Self(u8x16(
            b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13],
            b[14], b[15],
        ))
    }

    #[inline(always)]
    pub(in crate::engine) fn from_halves(low: u64, high: u64) -> Self {
        Self(u64x2(low, high))
    }

    #[inline(always)]
    pub(in crate::engine) fn splat(byte: u8) -> Self {
        Self(u8x16_splat(byte))
    }

    #[inline(always)]
    pub(in crate::engine) fn load(bytes: &[u8; 16]) -> Self {
        // SAFETY: `bytes` is 16 readable bytes, and `v128.load` takes any alignment. There is no
        // safe load in `core::arch`; sixteen byte inserts would cost sixteen instructions.
        Self(unsafe { v128_load(bytes.as_ptr().cast()) })
    }

    #[inline(always)]
    pub(in crate::engine) fn store(self, bytes: &mut [u8; 16]) {
        // SAFETY: `bytes` is 16 writable bytes, borrowed for us alone; any alignment will do.
        unsafe { v128_store(bytes.as_mut_ptr().cast(), self.0) }
    }

    /// Lane `i` becomes lane `indices[i]` of `self`, or zero if that index is 128 or more. No index
    /// is from 16 to 127: if the lookup is relaxed, their result depends on the CPU.
    #[inline(always)]
    pub(in crate::engine) fn lookup(self, indices: Self) -> Self {
        Self(swizzle(self.0, indices.0))
    }

    /// Each 64-bit half shifted right by `BITS`.
    #[inline(always)]
    pub(in crate::engine) fn shr<const BITS: u32>(self) -> Self {
        Self(u64x2_shr(self.0, BITS))
    }

    /// Each 64-bit half shifted left by `BITS`.
    #[inline(always)]
    pub(in crate::engine) fn shl<const BITS: u32>(self) -> Self {
        Self(u64x2_shl(self.0, BITS))
    }

    /// Every byte one lane up; the last of `low` moves into the first.
    #[inline(always)]
    pub(in crate::engine) fn up_1(self, low: Self) -> Self {
        Self(u8x16_shuffle::<15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30>(
            low.0, self.0,
        ))
    }

    /// Every byte eight lanes up; the upper half of `low` moves into the lower one.
    #[inline(always)]
    pub(in crate::engine) fn up_8(self, low: Self) -> Self {
        Self(u64x2_shuffle::<1, 2>(low.0, self.0))
    }

    /// The bytes of both, alternating: (lanes 0..8 of each, lanes 8..16 of each).
    #[inline(always)]
    pub(in crate::engine) fn interleave(self, other: Self) -> (Self, Self) {
        (
            Self(u8x16_shuffle::<0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23>(
                self.0, other.0,
            )),
            Self(u8x16_shuffle::<8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31>(
                self.0, other.0,
            )),
        )
    }

    /// 0xff in each lane that is zero.
    #[inline(always)]
    pub(super) fn zero_lanes(self) -> Self {
        Self(u8x16_eq(self.0, u8x16_splat(0)))
    }

    /// Whether all 128 bits are zero; looks at all of them at once.
    #[inline(always)]
    pub(in crate::engine) fn is_zero(self) -> bool {
        !v128_any_true(self.0)
    }
}

impl BitXor for V {
    type Output = Self;
    #[inline(always)]
    fn bitxor(self, other: Self) -> Self {
        Self(v128_xor(self.0, other.0))
    }
}

impl BitAnd for V {
    type Output = Self;
    #[inline(always)]
    fn bitand(self, other: Self) -> Self {
        Self(v128_and(self.0, other.0))
    }
}

impl BitOr for V {
    type Output = Self;
    #[inline(always)]
    fn bitor(self, other: Self) -> Self {
        Self(v128_or(self.0, other.0))
    }
}
