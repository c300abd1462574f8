//! The vector of formulas. Each method is what the instruction of `wasm.rs` computes.

use super::integers::{Byte, Half};
use super::verdict::decide;
use crate::faults::operator;
use crate::graph::{Bit, must_be_zero};
use crate::linear::is_sum_of_single_bits;
use core::array::from_fn;
use core::ops::{BitAnd, BitOr, BitXor};

/// 128 bits without values, as 16 bytes.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(in crate::engine) struct V([Byte; 16]);

impl V {
    pub(in crate::engine) const fn from_bytes(bytes: [u8; 16]) -> Self {
        let mut lanes = [Byte::constant(0); 16];
        let mut i = 0;
        while i < 16 {
            lanes[i] = Byte::constant(bytes[i] as u128);
            i += 1;
        }
        Self(lanes)
    }

    /// A vector of these bits, the lowest of lane 0 first.
    pub(in crate::engine) fn from_bits(bits: [Bit; 128]) -> Self {
        Self(from_fn(|lane| Byte::from_bits(from_fn(|bit| bits[8 * lane + bit]))))
    }

    /// Its bits, the lowest of lane 0 first.
    pub(in crate::engine) fn bits(self) -> [Bit; 128] {
        from_fn(|i| self.0[i / 8].bits()[i % 8])
    }

    pub(in crate::engine) fn from_halves(low: impl Into<Half>, high: impl Into<Half>) -> Self {
        let halves = [low.into().bits(), high.into().bits()];
        Self::from_bits(from_fn(|i| halves[i / 64][i % 64]))
    }

    pub(in crate::engine) fn splat(byte: impl Into<Byte>) -> Self {
        Self([byte.into(); 16])
    }

    pub(in crate::engine) fn load<B: Copy + Into<Byte>>(bytes: &[B; 16]) -> Self {
        Self(bytes.map(Into::into))
    }

    pub(in crate::engine) fn store(self, bytes: &mut [Byte; 16]) {
        *bytes = self.0;
    }

    /// Lane `i` becomes lane `indices[i]` of `self`, or zero if that index is 128 or more. Relaxed
    /// lookups differ between 16 and 127: that no such index occurs is a duty of the proof.
    #[track_caller]
    pub(in crate::engine) fn lookup(self, indices: Self) -> Self {
        let table = self.bits();
        let columns: [_; 8] = from_fn(|bit| Column::new(from_fn(|i| table[8 * i + bit])));
        let right = Self(indices.0.map(|index| {
            let [b0, b1, b2, b3, b4, b5, b6, none] = index.bits();
            must_be_zero(!none & (b4 | b5 | b6));
            let found = columns.each_ref().map(|column| column.at([b0, b1, b2, b3]));
            Byte::from_bits(found.map(|bit| bit & !none))
        }));
        operator("lookup is left out", right, || self)
    }

    #[track_caller]
    pub(in crate::engine) fn shr<const BITS: u32>(self) -> Self {
        let (bits, by) = (self.bits(), BITS as usize);
        let moved = |i: usize| if i % 64 + by < 64 { bits[i + by] } else { Bit::ZERO };
        operator("shr is left out", Self::from_bits(from_fn(moved)), || self)
    }

    #[track_caller]
    pub(in crate::engine) fn shl<const BITS: u32>(self) -> Self {
        let (bits, by) = (self.bits(), BITS as usize);
        let moved = |i: usize| if i % 64 >= by { bits[i - by] } else { Bit::ZERO };
        operator("shl is left out", Self::from_bits(from_fn(moved)), || self)
    }

    #[track_caller]
    pub(in crate::engine) fn up_1(self, low: Self) -> Self {
        let right = Self(from_fn(|i| if i == 0 { low.0[15] } else { self.0[i - 1] }));
        operator("up_1 is left out", right, || self)
    }

    #[track_caller]
    pub(in crate::engine) fn up_8(self, low: Self) -> Self {
        let right = Self(from_fn(|i| if i < 8 { low.0[i + 8] } else { self.0[i - 8] }));
        operator("up_8 is left out", right, || self)
    }

    #[track_caller]
    pub(in crate::engine) fn interleave(self, other: Self) -> (Self, Self) {
        let pair = [self.0, other.0];
        let half = |from: usize| Self(from_fn(|i| pair[i % 2][from + i / 2]));
        operator("interleave is left out", (half(0), half(8)), || (self, other))
    }

    #[track_caller]
    pub(super) fn zero_lanes(self) -> Self {
        let right = self.0.map(|lane| {
            let any = lane.bits().into_iter().fold(Bit::ZERO, |any, bit| any | bit);
            Byte::from_bits([!any; 8])
        });
        operator("the test for zero is left out", Self(right), || self)
    }

    /// Whether all bits are zero. The only question about secrets that has an answer: it decides
    /// whether a tag is right. See [`super::with_verdict`].
    pub(in crate::engine) fn is_zero(self) -> bool {
        decide(self.bits())
    }
}

/// One bit of each of the 16 bytes that a lookup chooses from.
struct Column {
    table: [Bit; 16],
    /// Whether entry `a ^ b` is always the sum of the entries `a` and `b`.
    additive: bool,
}

impl Column {
    fn new(table: [Bit; 16]) -> Self {
        Self { table, additive: is_sum_of_single_bits(&table) }
    }

    /// The entry with the number of these bits, the lowest first.
    fn at(&self, index: [Bit; 4]) -> Bit {
        if self.additive && index.iter().any(|bit| bit.known().is_none()) {
            let terms = index.into_iter().enumerate().map(|(i, bit)| bit & self.table[1 << i]);
            return terms.fold(Bit::ZERO, |sum, term| sum ^ term);
        }
        let mut entries = self.table.to_vec();
        for bit in index {
            let pairs = entries.as_chunks().0.iter();
            entries = pairs.map(|[zero, one]| choose(bit, *zero, *one)).collect();
        }
        entries[0]
    }
}

/// One of two bits.
fn choose(choice: Bit, zero: Bit, one: Bit) -> Bit {
    match choice.known() {
        Some(choice) => {
            if choice {
                one
            } else {
                zero
            }
        }
        None => zero ^ (choice & (zero ^ one)),
    }
}

impl BitXor for V {
    type Output = Self;
    #[track_caller]
    fn bitxor(self, other: Self) -> Self {
        let (a, b) = (self.bits(), other.bits());
        let right = Self::from_bits(from_fn(|i| a[i] ^ b[i]));
        operator("^ becomes &", right, || Self::from_bits(from_fn(|i| a[i] & b[i])))
    }
}

impl BitAnd for V {
    type Output = Self;
    #[track_caller]
    fn bitand(self, other: Self) -> Self {
        let (a, b) = (self.bits(), other.bits());
        let right = Self::from_bits(from_fn(|i| a[i] & b[i]));
        operator("& becomes |", right, || Self::from_bits(from_fn(|i| a[i] | b[i])))
    }
}

impl BitOr for V {
    type Output = Self;
    #[track_caller]
    fn bitor(self, other: Self) -> Self {
        let (a, b) = (self.bits(), other.bits());
        let right = Self::from_bits(from_fn(|i| a[i] | b[i]));
        operator("| becomes &", right, || Self::from_bits(from_fn(|i| a[i] & b[i])))
    }
}
